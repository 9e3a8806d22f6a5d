/** The lab as a value: starts the AWS stand-in and the Redshift stand-in, and says how to reach them. For tests, the demo and main.ts. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PortunusError } from '#foundation'
import { Activity } from './activity.ts'
import type { ActivityRecord } from './activity.ts'
import { defaultWorld, labNames } from './aws/default-world.ts'
import type { DefaultWorld } from './aws/default-world.ts'
import { openAwsServer } from './aws/server.ts'
import { Sessions } from './aws/sessions.ts'
import type { AccessKey, AwsWorld } from './aws/world.ts'
import { makeCertificates } from './certificates.ts'
import { LabClock } from './clock.ts'
import { DatabasePasswords } from './database-passwords.ts'
import { Administration } from './postgres/administration.ts'
import { labDatabases, labDatabaseUsers, seed } from './postgres/seed.ts'
import { openPostgres, superuserName } from './postgres/server.ts'
import type { PostgresServer } from './postgres/server.ts'
import type { PasswordMethod } from './redshift/log-in.ts'
import { openRedshiftServer } from './redshift/server.ts'

export interface LabOptions {
  /** us-east-1 */
  readonly region?: string
  /** 123456789012 */
  readonly accountId?: string
  /** my-redshift */
  readonly clusterId?: string
  /** 0: any free port */
  readonly awsPort?: number
  /** 0: any free port */
  readonly redshiftPort?: number
  /** How the Redshift stand-in asks for passwords: md5. */
  readonly passwordMethod?: PasswordMethod
  /**
   * The highest Redshift protocol version granted to clients that ask: 1. From 2 on Redshift sends some types in a binary form of its own,
   * which the PostgreSQL behind does not, so higher values suit tests that look at messages only.
   */
  readonly protocolVersionMax?: number
  /** Changes the default AWS world before anyone sees it. */
  readonly changeWorld?: (world: AwsWorld) => AwsWorld
  readonly onActivity?: (record: ActivityRecord) => void
}

export interface LabIdentity {
  readonly arn: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface LabRole {
  readonly arn: string
  /** What `--db-user` takes. */
  readonly databaseUser: string
}

export interface Lab extends AsyncDisposable {
  /** For the Database Service (and any stock AWS client): its identity, region and the endpoint. */
  readonly environment: Readonly<Record<string, string>>
  readonly aws: {
    readonly endpoint: string
    readonly accountId: string
    readonly region: string
    readonly databaseService: LabIdentity
    /** May do everything; for setting up IAM. */
    readonly administrator: LabIdentity
    /** A Database Service whose permissions are still to be made, and a role for it; any identity of the account that may, may assume it. */
    readonly teleportUser: LabIdentity
    readonly teleportRole: LabRole
    /** An identity without any permission. */
    readonly powerless: LabIdentity
    readonly role: LabRole
    readonly untrustingRole: LabRole
    readonly externalIdRole: LabRole & { readonly externalId: string }
  }
  readonly redshift: {
    readonly host: string
    readonly port: number
    readonly clusterId: string
    /** An address-like name the certificate also carries; no resolver knows it. */
    readonly serverName: string
    readonly caFile: string
    readonly caPem: string
  }
  /** For the PostgreSQL behind the stand-in, past every rule; not a way Redshift has. */
  readonly superuserDsn: string
  readonly databases: readonly string[]
  readonly users: readonly string[]
  readonly control: LabControl
  /** Resolves with the reason if the lab breaks by itself. */
  readonly broken: Promise<PortunusError>
}

export interface LabControl {
  world(): AwsWorld
  /** From the next AWS request on. */
  changeWorld(change: (world: AwsWorld) => AwsWorld): void
  /** Moves the lab's time; temporary credentials expire accordingly, and clients whose clocks stay behind are skewed. */
  moveClock(milliseconds: number): void
  /** AWS calls, database logins and cancels, oldest first. */
  activity(): readonly ActivityRecord[]
  /** Cuts all database sessions. */
  cutConnections(): void
}

const redshiftHost = 'localhost'

/** Ready within seconds. Throws LAB_POSTGRES_MISSING, LAB_OS_USER_MISSING, LAB_POSTGRES_FAILED, LAB_PORT_IN_USE or LAB_LISTEN_FAILED. */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const { region = 'us-east-1', accountId = '123456789012', clusterId = 'my-redshift' } = options
  const serverName = `${clusterId}.lab.${region}.redshift.amazonaws.com`
  await using opened = new AsyncDisposableStack()
  const certificatesMade = makeCertificates({ dns: [redshiftHost, serverName], ip: ['127.0.0.1'] })
  // Awaited below; until then its failure must not count as unhandled.
  certificatesMade.catch(() => undefined)
  const postgres = opened.use(await openPostgres())
  const administration = opened.use(new Administration(postgres))
  await seed(administration)
  const certificates = await certificatesMade
  const caFile = join(postgres.directory, 'redshift-ca.pem')
  await writeFile(caFile, certificates.authorityPem, { mode: 0o644 })

  const parts = { clock: new LabClock(), activity: new Activity(options.onActivity), databasePasswords: new DatabasePasswords() }
  const redshift = opened.use(
    await openRedshiftServer({
      port: options.redshiftPort ?? 0,
      clusterId,
      certificates,
      administration,
      passwordMethod: options.passwordMethod ?? 'md5',
      protocolVersionMax: options.protocolVersionMax ?? 1,
      backendPath: join(postgres.socketDirectory, `.s.PGSQL.${postgres.port}`),
      passwords: parts.databasePasswords,
      clock: parts.clock,
      activity: parts.activity,
    }),
  )
  const clusterEndpoint = { host: redshiftHost, port: redshift.port }
  const initial = defaultWorld({ accountId, region, clusterId, clusterEndpoint, now: parts.clock.now() })
  let world = options.changeWorld?.(initial.world) ?? initial.world
  const changeWorld = (change: (before: AwsWorld) => AwsWorld): void => {
    world = change(world)
  }
  const aws = opened.use(
    await openAwsServer({ ...parts, world: () => world, changeWorld, sessions: new Sessions() }, { port: options.awsPort ?? 0 }),
  )
  const owned = opened.move()
  return {
    environment: environmentOf(initial.databaseServiceKey, { endpoint: aws.endpoint, region }),
    aws: { endpoint: aws.endpoint, accountId, region, ...identitiesOf(initial, accountId) },
    redshift: { ...clusterEndpoint, clusterId, serverName, caFile, caPem: certificates.authorityPem },
    superuserDsn: superuserDsnOf(postgres),
    databases: labDatabases,
    users: labDatabaseUsers,
    broken: postgres.ended,
    control: {
      world: () => world,
      changeWorld,
      moveClock: (milliseconds) => parts.clock.move(milliseconds),
      activity: () => parts.activity.records(),
      cutConnections: () => redshift.cutConnections(),
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function environmentOf(key: AccessKey, options: { readonly endpoint: string; readonly region: string }): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: options.endpoint,
    AWS_ACCESS_KEY_ID: key.id,
    AWS_SECRET_ACCESS_KEY: key.secret.reveal(),
    AWS_DEFAULT_REGION: options.region,
    AWS_REGION: options.region,
    // There is no instance to ask for metadata; without this a client with wrong settings waits for one.
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

function identitiesOf({ administratorKey, databaseServiceKey, teleportUserKey, powerlessKey }: DefaultWorld, accountId: string) {
  const identity = (name: string, key: AccessKey): LabIdentity => ({
    arn: `arn:aws:iam::${accountId}:user/${name}`,
    accessKeyId: key.id,
    secretAccessKey: key.secret.reveal(),
  })
  const role = (name: string): LabRole => ({ arn: `arn:aws:iam::${accountId}:role/${name}`, databaseUser: `role/${name}` })
  return {
    databaseService: identity(labNames.databaseServiceUser, databaseServiceKey),
    administrator: identity(labNames.administratorUser, administratorKey),
    teleportUser: identity(labNames.teleportUser, teleportUserKey),
    teleportRole: role(labNames.teleportRole),
    powerless: identity(labNames.powerlessUser, powerlessKey),
    role: role(labNames.role),
    untrustingRole: role(labNames.untrustingRole),
    externalIdRole: { ...role(labNames.externalIdRole), externalId: labNames.externalId },
  }
}

function superuserDsnOf(postgres: PostgresServer): string {
  return `postgresql://${superuserName}:${postgres.superuserPassword.reveal()}@127.0.0.1:${postgres.port}/dev`
}

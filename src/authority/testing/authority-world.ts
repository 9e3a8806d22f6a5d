/** A whole authority in memory for tests: real stores, a clock that is stepped, and people and hosts that call it. */
import { X509Certificate, createHash } from 'node:crypto'
import { Secret as OtpSecret, TOTP } from 'otpauth'
import { openSqliteAuditStore, type AuditStore } from '#audit-log'
import type { AuthorityClient } from '#authority-api'
import { generateKeyPair, identityFromCertificate, type HostRole, type UserIdentity } from '#certificates'
import { Secret, type Log, type Randomness } from '#foundation'
import type { DatabaseServer } from '#resources'
import { openSqliteStore, type Store } from '#storage'
import { SteppedClock } from '../../../test/worlds/stepped-clock.ts'
import { openAuthority, type Authority } from '../authority.ts'
import type { StaticToken } from '../tokens.ts'

export const password = 'correct horse battery'
export const clientAddress = '192.0.2.7:40001'
const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

/** Different every time, and the same in every run. */
function seededRandomness(seed: string): Randomness {
  let count = 0
  const block = (): Buffer =>
    createHash('sha256')
      .update(`${seed} ${(count += 1)}`)
      .digest()
  const bytes = (length: number): Uint8Array => new Uint8Array(Buffer.concat([block(), block(), block()]).subarray(0, length))
  return {
    bytes,
    uuid() {
      const hex = Buffer.from(bytes(16)).toString('hex')
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
    },
    fraction: () => (block()[0] ?? 0) / 256,
  }
}

export interface Person {
  readonly name: string
  readonly client: AuthorityClient
  readonly identity: UserIdentity
  readonly certificate: X509Certificate
}

export interface AuthorityWorld extends AsyncDisposable {
  readonly authority: Authority
  readonly clock: SteppedClock
  readonly store: Store
  readonly auditStore: AuditStore
  readonly proxy: AuthorityClient
  readonly admin: AuthorityClient
  /** Opens a second authority over the same stores, as after a restart. */
  reopen(change?: {
    readonly clusterName?: string
    readonly secretKey?: Uint8Array
    readonly staticTokens?: readonly StaticToken[]
  }): Promise<Authority>
  host(role: HostRole, hostId?: string): Promise<AuthorityClient>
  /** Invites, redeems and returns what makes codes. */
  enrol(name: string, roles?: readonly string[], traits?: Readonly<Record<string, readonly string[]>>): Promise<TOTP>
  code(totp: TOTP): string
  logIn(
    name: string,
    totp: TOTP,
    change?: { readonly password?: string; readonly code?: string; readonly ttlMilliseconds?: number; readonly clientAddress?: string },
  ): Promise<string>
  person(certificatePem: string): Person
  /** Codes of the audit events of a kind, oldest first. */
  audited(type: string): Promise<readonly Record<string, unknown>[]>
}

export const hostIds = {
  agent: '00000000-0000-4000-8000-000000000001',
  other: '00000000-0000-4000-8000-000000000002',
  proxy: '00000000-0000-4000-8000-000000000003',
} as const

const secretKey = new Uint8Array(32).fill(7)

export async function openAuthorityWorld(): Promise<AuthorityWorld> {
  const clock = new SteppedClock()
  const store = await openSqliteStore({ path: ':memory:', clock })
  const auditStore = await openSqliteAuditStore({ path: ':memory:', clock })
  const randomness = seededRandomness('authority')
  const reopen: AuthorityWorld['reopen'] = (change = {}) =>
    openAuthority({
      store,
      auditStore,
      clock,
      randomness,
      log: silent,
      configuration: {
        clusterName: change.clusterName ?? 'test.example.com',
        version: '1.2.3',
        publicAddresses: ['proxy.example.com:3080'],
        strangerCallsPerMinute: 100,
        staticTokens: change.staticTokens ?? [],
      },
      secretKey: new Secret(change.secretKey ?? secretKey),
    })
  const authority = await reopen()
  const host = async (role: HostRole, hostId: string = hostIds.agent): Promise<AuthorityClient> => {
    const { identity } = await authority.issueLocalHost({ roles: [role], hostname: role.toLowerCase(), hostId })
    return authority.clientFor({ identity, remoteAddress: 'local' })
  }
  const proxy = await host('Proxy', hostIds.proxy)
  const admin = await host('Admin', hostIds.proxy)
  return {
    authority,
    clock,
    store,
    auditStore,
    proxy,
    admin,
    reopen,
    host,
    ...peopleOf({ authority, clock, proxy, admin }),
    async audited(type) {
      const found = await auditStore.search({ types: [type], order: 'ascending' })
      return found.map(({ event }) => event)
    },
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]()
      await auditStore[Symbol.asyncDispose]()
    },
  }
}

type Parts = Pick<AuthorityWorld, 'authority' | 'clock' | 'proxy' | 'admin'>

function peopleOf({ authority, clock, proxy, admin }: Parts): Pick<AuthorityWorld, 'code' | 'enrol' | 'logIn' | 'person'> {
  const code = (totp: TOTP): string => totp.generate({ timestamp: clock.now().getTime() })
  return {
    code,
    async enrol(name, roles = ['access'], traits = { db_users: ['*'], db_names: ['*'] }) {
      await admin.createUser({ name, roles: [...roles], traits })
      const { token } = await admin.createInvite({ user: name, usage: 'invite' })
      const invite = await proxy.getInvite({ token, clientAddress })
      const totp = totpOf(invite.otpSecret)
      await proxy.redeemInvite({ token, password, oneTimePassword: code(totp), clientAddress })
      clock.step(30_000) // the code of the enrolment is used
      return totp
    },
    async logIn(name, totp, change = {}) {
      const { publicKeyPem } = await generateKeyPair()
      const { certificatePem } = await proxy.login({
        user: name,
        password: change.password ?? password,
        oneTimePassword: change.code ?? code(totp),
        publicKeyPem,
        ttlMilliseconds: change.ttlMilliseconds,
        clientAddress: change.clientAddress ?? clientAddress,
      })
      return certificatePem
    },
    person(certificatePem) {
      const certificate = new X509Certificate(certificatePem)
      const identity = identityFromCertificate(certificate)
      if (identity.kind !== 'user') throw new TypeError('expected a person')
      const client = authority.clientFor({ identity, certificate, remoteAddress: clientAddress })
      return { name: identity.user, client, identity, certificate }
    },
  }
}

export function totpOf(otpSecret: string): TOTP {
  return new TOTP({ secret: OtpSecret.fromBase32(otpSecret), algorithm: 'SHA1', digits: 6, period: 30 })
}

export function databaseServer(
  change: { readonly hostId?: string; readonly name?: string; readonly uri?: string; readonly labels?: Record<string, string> } = {},
): DatabaseServer {
  const name = change.name ?? 'my-redshift'
  return {
    kind: 'db_server',
    version: 'v3',
    metadata: { name, labels: {} },
    spec: {
      version: '1.2.3',
      hostname: 'agent',
      hostId: change.hostId ?? hostIds.agent,
      database: {
        kind: 'db',
        version: 'v3',
        metadata: { name, labels: change.labels ?? { env: 'dev' } },
        spec: {
          protocol: 'postgres',
          uri: change.uri ?? 'redshift.example.com:5439',
          tls: { mode: 'verify-full' },
          aws: { redshift: {} },
        },
      },
    },
  }
}

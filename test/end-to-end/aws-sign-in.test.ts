/** The way to AWS against the lab: signatures, trust and permissions are really checked, and the passwords really open the database. */
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import pg from 'pg'
import { openRedshiftLogins, type RedshiftLogins } from '#aws-client'
import { planRedshiftLogin, type RedshiftLoginPlan } from '#aws-model'
import type { Log } from '#foundation'
import { parseDatabase } from '#resources'
import { nodeClock } from '#world'
import { startLab, type Lab, type LabIdentity } from '../../lab/lab.ts'

interface PlanParts {
  readonly databaseUser?: string
  readonly externalId?: string
  readonly region?: string
}

function planOf({ databaseUser = 'alice', externalId, region = lab.aws.region }: PlanParts = {}): RedshiftLoginPlan {
  const database = parseDatabase({
    kind: 'db',
    version: 'v3',
    metadata: { name: 'my-redshift' },
    spec: {
      protocol: 'postgres',
      uri: `${lab.redshift.host}:${lab.redshift.port}`,
      aws: { region, redshift: { cluster_id: lab.redshift.clusterId }, ...(externalId === undefined ? {} : { external_id: externalId }) },
    },
  })
  return planRedshiftLogin({ database, databaseUser, databaseName: 'dev', person: 'alice@example.com' })
}

const ignore = (): void => undefined
const silence: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => silence }
let lab: Lab
before(async () => {
  lab = await startLab()
})
after(async () => {
  await lab[Symbol.asyncDispose]()
})

function loginsOf(identity: LabIdentity): RedshiftLogins {
  return openRedshiftLogins({
    environment: { ...lab.environment, AWS_ACCESS_KEY_ID: identity.accessKeyId, AWS_SECRET_ACCESS_KEY: identity.secretAccessKey },
    files: { readTextIfPresent: () => Promise.resolve(undefined) },
    clock: nodeClock,
    log: silence,
    homeDirectory: '/nowhere',
  })
}

async function signIn(plan: RedshiftLoginPlan): Promise<unknown> {
  await using logins = loginsOf(lab.aws.databaseService)
  const { user, password } = await logins.issue(plan)
  const { host, port, caPem } = lab.redshift
  const client = new pg.Client({ host, port, user, password: password.reveal(), database: 'dev', ssl: { ca: caPem } })
  await client.connect()
  try {
    return (await client.query('select current_user as name')).rows[0]
  } finally {
    await client.end()
  }
}

test('a database user signs in', async () => {
  assert.deepEqual(await signIn(planOf()), { name: 'alice' })
})

test('an IAM role signs in, in the account that only the caller knows', async () => {
  assert.deepEqual(await signIn(planOf({ databaseUser: lab.aws.role.databaseUser })), { name: 'IAMR:my-iam-role' })
})

test('a role that wants an external id signs in with it', async () => {
  const { databaseUser, externalId } = lab.aws.externalIdRole
  assert.deepEqual(await signIn(planOf({ databaseUser, externalId })), { name: 'IAMR:external-id-role' })
})

const refusals = [
  [
    'a role that does not trust the agent',
    'databaseService',
    () => ({ databaseUser: lab.aws.untrustingRole.databaseUser }),
    'AWS_ASSUME_ROLE_DENIED',
  ],
  ['a missing external id', 'databaseService', () => ({ databaseUser: lab.aws.externalIdRole.databaseUser }), 'AWS_ASSUME_ROLE_DENIED'],
  ['an identity without permissions', 'powerless', () => ({}), 'AWS_CREDENTIALS_CALL_DENIED'],
  ['a region without such a cluster', 'databaseService', () => ({ region: 'eu-west-1' }), 'AWS_CLUSTER_NOT_FOUND'],
] as const

for (const [sentence, identity, fixture, code] of refusals) {
  test(`refused: ${sentence}`, async () => {
    await using logins = loginsOf(lab.aws[identity])
    await assert.rejects(logins.issue(planOf(fixture())), { code })
  })
}

test('refused: a wrong secret', async () => {
  await using logins = loginsOf({ ...lab.aws.databaseService, secretAccessKey: 'wrong' })
  await assert.rejects(logins.issue(planOf()), { code: 'AWS_CREDENTIALS_REFUSED', message: /SignatureDoesNotMatch/ })
})

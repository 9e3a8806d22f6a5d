/** Proof against the lab: signatures, trust policies and permissions are really checked, and the passwords really open the database. */
import { after, before, test } from 'node:test'
import assert from 'node:assert/strict'
import pg from 'pg'
import type { RedshiftLoginPlan } from '#aws-model'
import { startLab, type Lab, type LabIdentity } from '../../lab/lab.ts'
import { openRedshiftLogins, type RedshiftLogins } from './redshift-logins.ts'
import { memoryFiles, planFixture, rememberingLog, SteppedClock } from './world.fixture.ts'

/** The lab runs on the machine's time, so this clock does too. */
class RealClock extends SteppedClock {
  override now(): Date {
    return new Date()
  }
}

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
    files: memoryFiles({}),
    clock: new RealClock(),
    log: rememberingLog([]),
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
  assert.deepEqual(await signIn(planFixture()), { name: 'alice' })
})

test('an IAM role signs in, in the account that only the caller knows', async () => {
  assert.deepEqual(await signIn(planFixture({ databaseUser: lab.aws.role.databaseUser })), { name: 'IAMR:my-iam-role' })
})

test('a role that wants an external id signs in with it', async () => {
  const { databaseUser, externalId } = lab.aws.externalIdRole
  assert.deepEqual(await signIn(planFixture({ databaseUser, externalId })), { name: 'IAMR:external-id-role' })
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
    await assert.rejects(logins.issue(planFixture(fixture())), { code })
  })
}

test('refused: a wrong secret', async () => {
  await using logins = loginsOf({ ...lab.aws.databaseService, secretAccessKey: 'wrong' })
  await assert.rejects(logins.issue(planFixture()), { code: 'AWS_CREDENTIALS_REFUSED', message: /SignatureDoesNotMatch/ })
})

/** Proof of plan-redshift-login.ts: which calls, through which roles, with the external id where. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { databaseFixture, type DatabaseFixture } from './database.fixture.ts'
import { completeRole, planRedshiftLogin, type RedshiftLoginPlan } from './plan-redshift-login.ts'

const account = '123456789012'
const other = '999999999999'
const through = `arn:aws:iam::${other}:role/portunus-access`

function plan(fixture: DatabaseFixture, databaseUser: string): RedshiftLoginPlan {
  return planRedshiftLogin({ database: databaseFixture(fixture), databaseUser, databaseName: 'dev', person: 'alice', sessionId: 's1' })
}

/** The hops as one line each: role, external id. */
function hopsOf(made: RedshiftLoginPlan): readonly string[] {
  return made.hops.map((hop) => {
    const role = hop.role.kind === 'arn' ? hop.role.arn.text : `?${hop.role.path}${hop.role.name}`
    return `${role}${hop.externalId === undefined ? '' : ` with ${hop.externalId}`} as ${hop.sessionName} for ${hop.reason}`
  })
}

const plans: readonly (readonly [string, DatabaseFixture, string, RedshiftLoginPlan['call'], readonly string[]])[] = [
  ['a database user needs no role', {}, 'alice', 'GetClusterCredentials', []],
  [
    'a database user through a role',
    { assumeRoleArn: through },
    'alice',
    'GetClusterCredentials',
    [`${through} as alice for assume_role_arn`],
  ],
  [
    'the external id goes to the role in between',
    { assumeRoleArn: through, externalId: 'x1' },
    'alice',
    'GetClusterCredentials',
    [`${through} with x1 as alice for assume_role_arn`],
  ],
  [
    'a role of the account of the database',
    { accountId: account },
    'role/my-iam-role',
    'GetClusterCredentialsWithIAM',
    [`arn:aws:iam::${account}:role/my-iam-role as alice for database user`],
  ],
  [
    'a role whose account only the caller knows',
    {},
    'role/my-iam-role',
    'GetClusterCredentialsWithIAM',
    ['?/my-iam-role as alice for database user'],
  ],
  [
    'the account of the role in between, and the external id only once',
    { assumeRoleArn: through, externalId: 'x1' },
    'role/team/reader',
    'GetClusterCredentialsWithIAM',
    [`${through} with x1 as alice for assume_role_arn`, `arn:aws:iam::${other}:role/team/reader as alice for database user`],
  ],
  [
    'the account of the database before the account of the role in between',
    { assumeRoleArn: through, accountId: account },
    'role/r',
    'GetClusterCredentialsWithIAM',
    [`${through} as alice for assume_role_arn`, `arn:aws:iam::${account}:role/r as alice for database user`],
  ],
  [
    'the external id goes to the only hop',
    { externalId: 'x1', accountId: account },
    'role/r',
    'GetClusterCredentialsWithIAM',
    [`arn:aws:iam::${account}:role/r with x1 as alice for database user`],
  ],
  [
    'a full ARN needs no account',
    {},
    `arn:aws:iam::${other}:role/r`,
    'GetClusterCredentialsWithIAM',
    [`arn:aws:iam::${other}:role/r as alice for database user`],
  ],
  [
    'a role in China is in the partition of China',
    { uri: 'c.abc.redshift.cn-north-1.amazonaws.com.cn:5439', accountId: account },
    'role/r',
    'GetClusterCredentialsWithIAM',
    [`arn:aws-cn:iam::${account}:role/r as alice for database user`],
  ],
]

for (const [sentence, fixture, databaseUser, call, hops] of plans) {
  test(`a plan: ${sentence}`, () => {
    const made = plan(fixture, databaseUser)
    assert.equal(made.call, call)
    assert.deepEqual(hopsOf(made), hops)
  })
}

test('a plan names cluster, region, database user and name', () => {
  const made = plan({ uri: 'localhost:5439', clusterId: 'my-redshift', region: 'us-east-1' }, 'alice')
  assert.ok(made.kind === 'database-user')
  assert.deepEqual(
    [made.cluster.clusterId, made.cluster.region, made.databaseUser, made.databaseName, made.person, made.sessionId],
    ['my-redshift', 'us-east-1', 'alice', 'dev', 'alice', 's1'],
  )
})

const refusals: readonly (readonly [string, DatabaseFixture, string, string])[] = [
  ['a database user Redshift would refuse', {}, 'IAM:alice', 'DATABASE_USER_MALFORMED'],
  ['a role of another partition', {}, `arn:aws-cn:iam::${account}:role/r`, 'AWS_ROLE_PARTITION_MISMATCH'],
  ['a role of another account than the database', { accountId: account }, `arn:aws:iam::${other}:role/r`, 'AWS_ROLE_ACCOUNT_MISMATCH'],
  ['a role in between that is a user', { assumeRoleArn: `arn:aws:iam::${account}:user/x` }, 'alice', 'AWS_ROLE_MALFORMED'],
  [
    'a role in between of another partition',
    { assumeRoleArn: `arn:aws-cn:iam::${account}:role/x` },
    'alice',
    'AWS_ROLE_PARTITION_MISMATCH',
  ],
  ['a database that is not Redshift', { uri: 'db.example.com:5432' }, 'alice', 'AWS_DATABASE_KIND_UNSUPPORTED'],
]

for (const [sentence, fixture, databaseUser, code] of refusals) {
  test(`no plan: ${sentence}`, () => {
    assert.throws(() => plan(fixture, databaseUser), { name: 'PortunusError', code })
  })
}

test('no plan: a database name Redshift would refuse', () => {
  const request = { database: databaseFixture(), databaseUser: 'alice', databaseName: 'a b', person: 'alice' }
  assert.throws(() => planRedshiftLogin(request), { code: 'DATABASE_NAME_MALFORMED' })
})

test('a role named without an account is completed by the caller', () => {
  const [hop] = plan({}, 'role/team/reader').hops
  assert.ok(hop)
  assert.equal(completeRole(hop.role, { partition: 'aws', accountId: account }).text, `arn:aws:iam::${account}:role/team/reader`)
})

/** Proof of login.ts: the kind of a database, where its cluster is, and who a database user is. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import { databaseFixture, type DatabaseFixture } from './database.fixture.ts'
import { chooseLogin, databaseKindOf, locateCluster } from './login.ts'

const kinds = [
  ['a Redshift address', {}, 'redshift'],
  ['a name of its own with a cluster id', { uri: 'dwh.example.com:5439', clusterId: 'c', region: 'us-east-1' }, 'redshift'],
  ['an empty cluster id', { uri: 'dwh.example.com:5439', clusterId: '' }, 'postgres'],
  ['a workgroup', { uri: 'wg.123456789012.us-east-1.redshift-serverless.amazonaws.com:5439' }, 'redshift-serverless'],
  ['an RDS instance', { uri: 'db1.abc.us-east-1.rds.amazonaws.com:5432' }, 'rds'],
  ['a server of one’s own', { uri: 'postgres.example.com:5432' }, 'postgres'],
] as const

for (const [sentence, fixture, kind] of kinds) {
  test(`the kind of a database: ${sentence} is ${kind}`, () => {
    assert.equal(databaseKindOf(databaseFixture(fixture)), kind)
  })
}

const located: readonly (readonly [string, DatabaseFixture, Partial<ReturnType<typeof locateCluster>>])[] = [
  ['from the address', {}, { clusterId: 'my-redshift', clusterIdFrom: 'endpoint', region: 'us-east-1', regionFrom: 'endpoint' }],
  [
    'from the fields when the host tells nothing',
    { uri: 'localhost:5439', region: 'eu-west-1', clusterId: 'c' },
    { clusterId: 'c', clusterIdFrom: 'configuration', region: 'eu-west-1', regionFrom: 'configuration' },
  ],
  ['from the fields even when the host tells otherwise', { region: 'eu-west-1', clusterId: 'c' }, { clusterId: 'c', region: 'eu-west-1' }],
  ['the region alone from the address', { clusterId: 'c' }, { clusterId: 'c', region: 'us-east-1', regionFrom: 'endpoint' }],
  [
    'without a region, which the agent may know',
    { uri: 'localhost:5439', clusterId: 'c' },
    { clusterId: 'c', region: undefined, regionFrom: undefined },
  ],
  [
    'a VPC endpoint with its cluster id',
    { uri: 'e-endpoint-oyjwdkeunauqcsv3pwt5.abc.us-east-1.redshift.amazonaws.com:5439', clusterId: 'c' },
    { clusterId: 'c', region: 'us-east-1' },
  ],
]

for (const [sentence, fixture, expected] of located) {
  test(`a cluster is located: ${sentence}`, () => {
    assert.partialDeepStrictEqual(locateCluster(databaseFixture(fixture)), expected)
  })
}

const notLocated = [
  [
    'a VPC endpoint does not name its cluster',
    { uri: 'e-endpoint-oyjwdkeunauqcsv3pwt5.abc.us-east-1.redshift.amazonaws.com:5439' },
    'AWS_CLUSTER_ID_MISSING',
  ],
  ['a host of no known form', { uri: 'c.redshift.amazonaws.com:5439' }, 'AWS_ENDPOINT_MALFORMED'],
  ['a region that is none', { uri: 'localhost:5439', clusterId: 'c', region: 'evil.example.com' }, 'AWS_REGION_MALFORMED'],
  ['an account with too few digits', { accountId: '123' }, 'AWS_ACCOUNT_ID_MALFORMED'],
] as const

for (const [sentence, fixture, code] of notLocated) {
  test(`a cluster is not located: ${sentence}`, () => {
    assert.throws(() => locateCluster(databaseFixture(fixture)), { code })
  })
}

const cluster = {}
const workgroup = { uri: 'wg.123456789012.us-east-1.redshift-serverless.amazonaws.com:5439' }
const logins = [
  ['a name is a user', cluster, 'alice', { kind: 'database-user', userName: 'alice' }],
  ['a bare role name on a cluster is a user', cluster, 'my-iam-role', { kind: 'database-user', userName: 'my-iam-role' }],
  ['role/<name> is a role', cluster, 'role/my-iam-role', { kind: 'iam-role', role: { kind: 'name', path: '/', name: 'my-iam-role' } }],
  ['a role may have a path', cluster, 'role/team/reader', { kind: 'iam-role', role: { kind: 'name', path: '/team/', name: 'reader' } }],
  ['a bare name on a workgroup is a role', workgroup, 'reader', { kind: 'iam-role', role: { kind: 'name', path: '/', name: 'reader' } }],
  ['a role elsewhere is just a name', { uri: 'db.example.com:5432' }, 'role/x', { kind: 'database-user', userName: 'role/x' }],
] as const

for (const [sentence, fixture, databaseUser, expected] of logins) {
  test(`a login: ${sentence}`, () => {
    assert.deepEqual(chooseLogin(databaseFixture(fixture), databaseUser), expected)
  })
}

test('a full ARN is a role', () => {
  const login = chooseLogin(databaseFixture(), 'arn:aws:iam::123456789012:role/team/reader')
  assert.ok(login.kind === 'iam-role' && login.role.kind === 'arn')
  assert.equal(login.role.arn.name, 'reader')
})

for (const databaseUser of ['role/', 'role/a b', 'role/team/', 'arn:aws:iam::12:role/x', 'arn:aws:iam::123456789012:role/']) {
  test(`a role that IAM could not have is refused: ${databaseUser}`, () => {
    assert.throws(() => chooseLogin(databaseFixture(), databaseUser), { code: 'AWS_ROLE_MALFORMED' })
  })
}

for (const databaseUser of ['IAM:alice', 'IAMR:reader', '']) {
  test(`on a workgroup the database user is refused: "${databaseUser}"`, () => {
    assert.throws(() => chooseLogin(databaseFixture(workgroup), databaseUser), { code: 'AWS_ROLE_MALFORMED' })
  })
}

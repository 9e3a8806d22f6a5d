/** The planning of IAM permissions: the guide's paragraph on assume_role_arn sentence by sentence, documents, and sizes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '#resources'
import { databaseFixture, type DatabaseFixture } from '../database.fixture.ts'
import { parseIdentity } from './identity.ts'
import { planBootstrap, planTypes, type IamPlan } from './plan.ts'
import { iamLimits, policyCharacters } from './policy-size.ts'
import type { IamConfiguration, IamMatcher } from './scope.ts'

const account = '123456789012'
const agent = parseIdentity('user', `arn:aws:iam::${account}:user/TeleportUser`)
const roleArn = (name: string, accountId = account): string => `arn:aws:iam::${accountId}:role/${name}`
const roleOf = (arn: string) => parseIdentity('role', arn)

function databaseOf(name: string, given: DatabaseFixture = {}): Database {
  const database = databaseFixture({ uri: `${name}.abc123.us-east-1.redshift.amazonaws.com:5439`, ...given })
  return { ...database, metadata: { ...database.metadata, name } }
}

function matcherOf(types: IamMatcher['types'], assumeRoleArn?: string): IamMatcher {
  return { types, regions: ['us-west-2'], assumeRoleArn, externalId: undefined }
}

function configurationOf(parts: Partial<IamConfiguration>): IamConfiguration {
  return { databases: [], matchers: [], overrides: [], ...parts }
}

const prodRole = roleArn('prod')
const devRole = roleArn('dev', '210987654321')
const mixed = configurationOf({
  databases: [
    databaseOf('direct'),
    databaseOf('prod-one', { assumeRoleArn: prodRole }),
    databaseOf('dev-one', { assumeRoleArn: devRole, externalId: 'x1' }),
  ],
  matchers: [matcherOf(['redshift']), matcherOf(['redshift', 'rds'], prodRole)],
})

const planFor = (target: string, configuration = mixed): IamPlan =>
  planBootstrap({ configuration, target: target === 'agent' ? agent : roleOf(target), assumesRoles: [] })

const sentences = [
  [
    'a target that is no assume_role_arn of the file is the Database Service itself',
    'agent',
    { kind: 'agent', databases: ['direct'], matcherCount: 1 },
  ],
  ['it reaches the databases and matchers with a role by assuming that role', 'agent', { assumes: [prodRole, devRole] }],
  [
    'a role that is an assume_role_arn gets the databases and matchers that name it, and no others',
    prodRole,
    { kind: 'role', databases: ['prod-one'], matcherCount: 1, assumes: [] },
  ],
  ['a role named by one database gets that database only', devRole, { kind: 'role', databases: ['dev-one'], matcherCount: 0, assumes: [] }],
  [
    'a role that is not in the file is the Database Service itself',
    roleArn('TeleportRole'),
    { kind: 'agent', databases: ['direct'], assumes: [prodRole, devRole] },
  ],
  ['the same role name in another account is another role', roleArn('prod', '999999999999'), { kind: 'agent', databases: ['direct'] }],
  ['the same role name under another path is another role', roleArn('team/prod'), { kind: 'agent', databases: ['direct'] }],
] as const

for (const [sentence, target, expected] of sentences) {
  test(sentence, () => {
    const plan = planFor(target).target
    const found = Object.fromEntries(Object.keys(expected).map((key) => [key, Reflect.get(plan, key)]))
    assert.deepEqual(found, expected)
  })
}

test('one run plans over all roles of the file, by account, each with its trust in the target', () => {
  const { others } = planFor('agent')
  assert.deepEqual(
    others.map(({ identity, databases, policies, trust }) => [
      identity.accountId,
      identity.name,
      databases,
      policies[0]?.name,
      trust?.Statement[0]?.Condition,
    ]),
    [
      [account, 'prod', ['prod-one'], 'DatabaseAccess-prod', undefined],
      ['210987654321', 'dev', ['dev-one'], 'DatabaseAccess-dev', { StringEquals: { 'sts:ExternalId': 'x1' } }],
    ],
  )
  assert.deepEqual(others[0]?.trust?.Statement[0]?.Principal, { AWS: `arn:aws:iam::${account}:user/TeleportUser` })
  assert.deepEqual(planFor(prodRole).others, [])
})

test('roles of db_service.resources are assumed too; their databases are not in the file', () => {
  const override = { assumeRoleArn: roleArn('override'), externalId: undefined }
  const plan = planFor('agent', configurationOf({ overrides: [override, { assumeRoleArn: undefined, externalId: undefined }] }))
  assert.deepEqual(plan.target.assumes, [roleArn('override')])
  assert.deepEqual([plan.others[0]?.dynamicOnly, plan.others[0]?.policies], [true, []])
})

test('the least a Redshift cluster needs: its users and names, no groups', () => {
  const { target } = planFor('agent', configurationOf({ databases: [databaseOf('my-redshift')] }))
  assert.deepEqual(target.policies[0]?.document, {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'redshift:DescribeClusters', Resource: '*' },
      {
        Effect: 'Allow',
        Action: 'redshift:GetClusterCredentials',
        Resource: [
          `arn:aws:redshift:us-east-1:${account}:dbname:my-redshift/*`,
          `arn:aws:redshift:us-east-1:${account}:dbuser:my-redshift/*`,
        ],
      },
    ],
  })
})

const resources: readonly (readonly [string, DatabaseFixture, readonly string[]])[] = [
  [
    'an RDS instance',
    { uri: 'rds-postgres.abcdef012345.us-west-1.rds.amazonaws.com:5432' },
    [`arn:aws:rds-db:us-west-1:${account}:dbuser:*`],
  ],
  ['an RDS Proxy', { uri: 'p.proxy-abc.us-west-1.rds.amazonaws.com:5432' }, [`arn:aws:rds-db:us-west-1:${account}:dbuser:prx-*`]],
  [
    'a workgroup',
    { uri: `wg.${account}.us-east-1.redshift-serverless.amazonaws.com:5439` },
    [`arn:aws:redshift-serverless:us-east-1:${account}:workgroup/*`],
  ],
  [
    'a cluster in China',
    { uri: 'c.abc.redshift.cn-north-1.amazonaws.com.cn:5439' },
    [`arn:aws-cn:redshift:cn-north-1:${account}:dbname:c/*`, `arn:aws-cn:redshift:cn-north-1:${account}:dbuser:c/*`],
  ],
]

for (const [what, given, expected] of resources) {
  test(`the resources of ${what}`, () => {
    const { target } = planFor('agent', configurationOf({ databases: [databaseOf('x', given)] }))
    const found = target.policies[0]?.document.Statement.flatMap(({ Resource = [] }) => Resource) ?? []
    for (const resource of expected) assert(found.includes(resource), found.join('\n'))
  })
}

test('a PostgreSQL outside AWS needs nothing', () => {
  const { target } = planFor('agent', configurationOf({ databases: [databaseOf('x', { uri: 'localhost:5432' })] }))
  assert.deepEqual([target.policies, target.databases], [[], []])
})

test('a matcher is narrowed to its regions', () => {
  const { target } = planFor('agent', configurationOf({ matchers: [matcherOf(['redshift'])] }))
  assert.deepEqual(target.policies[0]?.document.Statement[1]?.Resource, [
    `arn:aws:redshift:us-west-2:${account}:dbname:*`,
    `arn:aws:redshift:us-west-2:${account}:dbuser:*`,
  ])
})

test('a role people sign in as gets the inline policy of step 3, and trusts whoever assumes it', () => {
  const configuration = configurationOf({ databases: [databaseOf('my-redshift', { assumeRoleArn: prodRole })] })
  const login = roleArn('my-iam-role')
  const { target, others } = planBootstrap({ configuration, target: agent, assumesRoles: [login] })
  const found = others.find(({ kind }) => kind === 'login-role')
  assert.deepEqual(target.assumes, [prodRole, login])
  assert.deepEqual(found?.policies[0]?.document, {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'redshift:GetClusterCredentialsWithIAM',
        Resource: `arn:aws:redshift:us-east-1:${account}:dbname:my-redshift/*`,
      },
    ],
  })
  assert.deepEqual(found?.trust?.Statement[0]?.Principal, { AWS: prodRole })
})

const sizes = [
  [1, 1, false],
  [7, 1, false],
  [50, 2, false],
  [400, 9, false],
  [900, 1, true],
] as const

for (const [count, documents, compacted] of sizes) {
  test(`${count} databases make ${documents} policies within the limit, and none is forgotten`, () => {
    const databases = Array.from({ length: count }, (_, index) => databaseOf(`cluster-${String(index).padStart(3, '0')}`))
    const { target } = planFor('agent', configurationOf({ databases }))
    assert.equal(target.policies.length, documents, target.policies.map(({ characters }) => characters).join(' '))
    assert.equal(target.compacted, compacted)
    for (const { document, characters } of target.policies) {
      assert.equal(policyCharacters(document), characters)
      assert(characters <= iamLimits.managedPolicyCharacters)
    }
    const named = target.policies.flatMap(({ document }) => document.Statement.flatMap(({ Resource = [] }) => Resource))
    for (const { metadata } of databases) {
      for (const kind of ['dbuser', 'dbname'])
        assert(named.includes(`arn:aws:redshift:us-east-1:${account}:${kind}:${compacted ? '*' : `${metadata.name}/*`}`))
    }
    assert.deepEqual(
      target.policies.map(({ name }) => name),
      ['DatabaseAccess', ...Array.from({ length: documents - 1 }, (_, index) => `DatabaseAccess-${index + 2}`)],
    )
  })
}

test('types without a configuration are allowed everywhere', () => {
  const { policies } = planTypes({
    types: ['redshift', 'redshift-serverless'],
    target: agent,
    assumesRoles: [],
    policyName: 'teleport-redshift-access',
  })
  assert.deepEqual(
    policies.map(({ name, document }) => [name, document.Statement.length, document.Statement[0]?.Resource]),
    [['teleport-redshift-access', 1, '*']],
  )
})

test('refused: names of policies that IAM does not take', () => {
  for (const policyName of ['', 'a b', 'x'.repeat(129)]) {
    assert.throws(() => planTypes({ types: ['rds'], target: agent, assumesRoles: [], policyName }), { code: 'AWS_POLICY_NAME_MALFORMED' })
  }
})

/** What the rules look at in a database. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDatabase } from '#resources'
import { databaseTarget } from './decision.ts'

const parse = (aws: object) =>
  parseDatabase({ kind: 'db', version: 'v3', metadata: { name: 'x', labels: { a: 'b' } }, spec: { protocol: 'postgres', uri: 'h:1', aws } })
const role = 'arn:aws:iam::222222222222:role/hop'

const rows: readonly (readonly [string, object, Parameters<typeof databaseTarget>[1], object])[] = [
  ['nothing known', {}, {}, {}],
  [
    'its own region and account win',
    { region: 'us-east-1', account_id: '111111111111' },
    { region: 'eu-west-1', accountId: '333333333333' },
    { region: 'us-east-1', accountId: '111111111111' },
  ],
  [
    'what is known otherwise comes next',
    { assume_role_arn: role },
    { region: 'eu-west-1', accountId: '333333333333' },
    { region: 'eu-west-1', accountId: '333333333333' },
  ],
  ['the account of the role on the way comes last', { assume_role_arn: role }, {}, { accountId: '222222222222' }],
  ['an account without anything else', { account_id: '111111111111' }, {}, { accountId: '111111111111' }],
  ['whether every user is a role', {}, { usersAreRoles: true }, { usersAreRoles: true }],
]
for (const [sentence, aws, known, expected] of rows) {
  test(`the place of a database: ${sentence}`, () => {
    assert.deepEqual(databaseTarget(parse(aws), known), { name: 'x', labels: { a: 'b' }, protocol: 'postgres', aws: expected })
  })
}

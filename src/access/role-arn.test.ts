/** IAM roles as database users: which of their names stand for each other, and which never do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideDatabaseAccess } from './decide-database.ts'
import { database, subject } from './role.fixture.ts'
import type { AwsPlace } from './role-arn.ts'

const home: AwsPlace = { region: 'us-east-1', accountId: '123456789012' }
const arn = 'arn:aws:iam::123456789012:role/reader'
const foreign = 'arn:aws:iam::999999999999:role/reader'

const allowRows: readonly (readonly [string, string, string, AwsPlace | undefined, boolean])[] = [
  ['role/x does not admit the same role of another account', 'role/reader', foreign, home, false],
  ['role/x does not admit a role of another partition', 'role/reader', 'arn:aws-cn:iam::123456789012:role/reader', home, false],
  ['role/x does not admit an ARN where the account is unknown', 'role/reader', arn, { region: 'us-east-1' }, false],
  ['role/x does not admit an ARN where nothing is known', 'role/reader', arn, undefined, false],
  ['an ARN does not admit role/x where the account is unknown', arn, 'role/reader', {}, false],
  ['an ARN of another account does not admit role/x', foreign, 'role/reader', home, false],
  ['an ARN of another partition does not admit role/x', arn, 'role/reader', { ...home, region: 'cn-north-1' }, false],
  ['a role pattern does not admit a foreign ARN', 'role/*', foreign, home, false],
  ['role/x does not admit the database user x', 'role/reader', 'reader', home, false],
  ['the database user x does not admit role/x', 'reader', 'role/reader', home, false],
  ['a user ARN is not a role', 'role/reader', 'arn:aws:iam::123456789012:user/reader', home, false],
  ['a role with a path is not the role without', 'role/reader', 'arn:aws:iam::123456789012:role/team/reader', home, false],
  ['role/x admits its ARN in the account of the database', 'role/reader', arn, home, true],
  ['an ARN admits role/x in the account of the database', arn, 'role/reader', home, true],
  ['the partition is not compared where the region is unknown', arn, 'role/reader', { accountId: '123456789012' }, true],
  ['a full ARN admits itself, even where the account is unknown', arn, arn, undefined, true],
  ['role/x admits itself, even where the account is unknown', 'role/reader', 'role/reader', undefined, true],
  ['a role pattern admits an ARN of the account', 'role/re*', arn, home, true],
  ['an ARN pattern admits role/x of the account', 'arn:aws:iam::123456789012:role/*', 'role/reader', home, true],
  ['a path is part of the role', 'role/team/reader', 'arn:aws:iam::123456789012:role/team/reader', home, true],
  ['a bare name is a role where every user is one', 'reader', arn, { ...home, usersAreRoles: true }, true],
  ['an ARN admits the bare name where every user is a role', arn, 'reader', { ...home, usersAreRoles: true }, true],
  ['role/x admits the bare name where every user is a role', 'role/reader', 'reader', { usersAreRoles: true }, true],
  ['a wildcard admits a role', '*', 'role/reader', home, true],
]
for (const [sentence, entry, databaseUser, place, allowed] of allowRows) {
  test(sentence, () => {
    const roles = [{ allow: { db_users: entry, db_names: '*' } }]
    assert.equal(
      decideDatabaseAccess(subject(roles), { database: database({}, place), databaseUser, databaseName: 'dev' }).allowed,
      allowed,
    )
  })
}

const denyRows: readonly (readonly [string, string, string, AwsPlace | undefined, boolean])[] = [
  ['a denied role/x is denied as an ARN', 'role/reader', arn, home, true],
  ['a denied role/x is denied as an ARN of any account', 'role/reader', foreign, home, true],
  ['a denied role/x is denied as an ARN where the account is unknown', 'role/reader', arn, undefined, true],
  ['a denied ARN is denied as role/x', arn, 'role/reader', home, true],
  ['a denied ARN is denied as role/x where the account is unknown', arn, 'role/reader', undefined, true],
  ['a denied ARN pattern is denied as role/x where the account is unknown', 'arn:aws:iam::*:role/reader', 'role/reader', undefined, true],
  ['a denied role/x is denied in another case', 'role/Reader', 'ROLE/reader', home, true],
  ['a denied role/x is denied as an ARN in another case', 'role/reader', 'arn:aws:iam::123456789012:role/READER', home, true],
  ['a denied role/x is denied as an ARN that shouts', 'role/reader', arn.toUpperCase(), undefined, true],
  ['a denied ARN is denied as role/x in another case', arn, 'Role/READER', home, true],
  [
    'a denied ARN is denied as role/x in another case where the account is unknown',
    arn.replace('reader', 'Reader'),
    'ROLE/reader',
    undefined,
    true,
  ],
  ['a denied ARN of another account leaves role/x alone', foreign, 'role/reader', home, false],
  ['a denied role leaves another role alone', 'role/writer', 'role/reader', home, false],
]
for (const [sentence, entry, databaseUser, place, denied] of denyRows) {
  test(sentence, () => {
    const roles = [{ allow: { db_users: '*', db_names: '*' }, deny: { db_users: entry } }]
    const decision = decideDatabaseAccess(subject(roles), { database: database({}, place), databaseUser, databaseName: 'dev' })
    assert.equal(!decision.allowed && decision.dimension === 'denied-database-user', denied)
  })
}

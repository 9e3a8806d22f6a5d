/** What `teleport db configure bootstrap` refuses in the lab, and the way on it shows. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { Spoken } from '../../src/programs/teleport/testing/conversation.ts'
import { openIamAccount, type IamAccount } from './iam-account.ts'

let account: IamAccount
before(async () => {
  account = await openIamAccount()
})
beforeEach(() => account.reset())
after(() => account[Symbol.asyncDispose]())

const foreign = () => ({
  name: 'DatabaseAccess',
  path: '/',
  uniqueId: 'ANPAFOREIGN',
  description: '',
  tags: {},
  createdAt: new Date(0),
  versions: [{ id: 'v1', json: '{"Statement":[]}', createdAt: new Date(0) }],
  defaultVersionId: 'v1',
  lastVersion: 1,
})

const refusals: readonly (readonly [string, () => Promise<Spoken>, RegExp])[] = [
  [
    'a policy of that name that is not ours',
    () => {
      account.change((found) => ({ ...found, managedPolicies: [foreign()] }))
      return account.bootstrap(['--attach-to-user', 'TeleportUser', '--confirm'])
    },
    /Cannot change the IAM policy "arn:aws:iam::123456789012:policy\/DatabaseAccess": it exists and has no tag "teleport"[^]*HINT: choose another name with --policy-name/,
  ],
  [
    'credentials without permissions',
    () => account.bootstrap(['--attach-to-user', 'TeleportUser', '--confirm'], { as: account.lab.aws.powerless }),
    /Cannot find the user "arn:aws:iam::123456789012:user\/TeleportUser": AccessDenied[^]*HINT: allow iam:GetUser on arn:aws:iam::123456789012:user\/TeleportUser to arn:aws:iam::123456789012:user\/powerless[^]*"iam:CreatePolicyVersion"/,
  ],
  [
    'a user that does not exist',
    () => account.bootstrap(['--attach-to-user', 'nobody', '--confirm']),
    /NoSuchEntity: The user with name nobody cannot be found\.\nHINT: check the name with aws iam list-users/,
  ],
  [
    'more policies than a user may hold',
    () => {
      const attachedPolicies = Array.from({ length: 10 }, (_, index) => `arn:aws:iam::123456789012:policy/other-${index}`)
      account.change((found) => ({
        ...found,
        users: found.users.map((user) => (user.name === 'TeleportUser' ? { ...user, attachedPolicies } : user)),
      }))
      return account.bootstrap(['--attach-to-user', 'TeleportUser', '--confirm'])
    },
    /LimitExceeded: Cannot exceed quota for PoliciesPerUser: 10\nHINT: detach policies the user does not need.*assume_role_arn.*"Resource":"\*"/,
  ],
  [
    'an identity of another account',
    () => account.bootstrap(['--attach-to-role', 'arn:aws:iam::210987654321:role/x', '--confirm']),
    /the AWS credentials are of account 123456789012\nHINT: run the command with credentials of account 210987654321/,
  ],
  [
    'wrong keys',
    () => account.bootstrap(['--attach-to-user', 'u'], { as: { ...account.lab.aws.powerless, secretAccessKey: 'wrong' } }),
    /SignatureDoesNotMatch[^]*HINT: correct AWS_ACCESS_KEY_ID/,
  ],
  ['a format without --manual', () => account.bootstrap(['--attach-to-user', 'u', '--format=json']), /HINT: add --manual/],
]

for (const [what, run, pattern] of refusals) {
  test(`refused: ${what}`, async () => {
    const { stderr, exitCode } = await run()
    assert.match(stderr, pattern)
    assert.notEqual(exitCode, 0)
  })
}

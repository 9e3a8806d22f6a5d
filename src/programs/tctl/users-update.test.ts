/** Conversations with tctl about people who are there already. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openTctlCluster } from './testing/tctl-cluster.ts'

const cluster = await openTctlCluster()
after(() => cluster[Symbol.asyncDispose]())
const { tctl } = cluster
await tctl('users', 'add', '--roles=access', '--db-users=*', '--db-names=*', 'alice')

test('users update replaces what is named, says what is new, and leaves the rest', async () => {
  const { answer, exit } = await tctl('users', 'update', 'alice', '--set-roles=access,requester', '--set-db-users=a, b', '--set-db-users=c')
  assert.deepEqual([answer, exit], ['User alice has been updated:\n\tNew database users: a,b,c\n\tNew roles: access,requester', 0])
  const [alice] = JSON.parse((await tctl('get', 'user/alice', '--format=json')).answer) as readonly [
    { spec: { roles: string[]; traits: Record<string, string[]> } },
  ]
  assert.deepEqual(alice.spec.roles, ['access', 'requester'])
  assert.deepEqual([alice.spec.traits['db_users'], alice.spec.traits['db_names']], [['a', 'b', 'c'], ['*']])
})

const refusedUpdates: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['nothing', ['alice'], /^ERROR: Cannot update the user: nothing to change is given\n/],
  ['a role that does not exist', ['alice', '--set-roles=nothing'], /^ERROR: Cannot give "alice" the role "nothing"/],
  ['no role', ['alice', '--set-roles='], /^ERROR: Cannot update the user "alice": no role is named\n/],
  ['every database role', ['alice', '--set-db-roles=*'], /^ERROR: Cannot set the database roles "\*"/],
  ['somebody who is not there', ['nobody', '--set-roles=access'], /^ERROR: Cannot update the user "nobody": no user of that name exists\n/],
]

for (const [sentence, args, told] of refusedUpdates) {
  test(`users update refuses ${sentence}`, async () => {
    const said = await tctl('users', 'update', ...args)
    assert.match(said.told, told)
    assert.deepEqual([said.answer, said.exit], ['', 1])
  })
}

test('a locked user stands in users ls, and is unlocked', async () => {
  const [alice] = JSON.parse((await tctl('get', 'user/alice', '--format=json')).answer) as readonly [{ spec: object }]
  const locked = { ...alice, spec: { ...alice.spec, status: { is_locked: true, lock_expires: '2040-01-01T00:00:00Z' } } }
  assert.equal((await cluster.tctlFed(JSON.stringify(locked), 'create', '-f')).exit, 0)
  assert.match((await tctl('users', 'ls')).answer, /^User +Roles +Locked\n[- ]+\nalice +access,requester +until 2040-01-01T00:00:00Z$/)
  assert.equal((await tctl('users', 'unlock', 'alice')).answer, 'User "alice" has been unlocked')
  assert.match((await tctl('users', 'ls')).answer, /^User +Roles\n/)
  assert.match((await tctl('users', 'unlock', 'nobody')).told, /^ERROR: Cannot find the user "nobody"/)
})

/** Conversations with tctl about access requests, against an authority behind real TLS. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parseRole } from '#resources'
import { openTctlCluster } from './testing/tctl-cluster.ts'

const cluster = await openTctlCluster()
after(() => cluster[Symbol.asyncDispose]())
const { tctl } = cluster

before(async () => {
  const admin = await cluster.host('Admin')
  const role = (name: string, allow: object) =>
    admin.createRole({ role: parseRole({ kind: 'role', version: 'v7', metadata: { name }, spec: { allow } }) })
  await role('dba', {})
  await role('asker', { request: { roles: ['dba'] } })
  await role('boss', { review_requests: { roles: ['dba'] } })
  await admin.createUser({ name: 'alice', roles: ['asker'], traits: {} })
  await admin.createUser({ name: 'bob', roles: ['boss'], traits: {} })
})

async function request(reason = 'ticket 7'): Promise<string> {
  const said = await tctl('requests', 'create', 'alice', '--roles=dba', `--reason=${reason}`)
  assert.match(said.answer, /^[0-9a-f-]{36}$/, said.told)
  return said.answer
}

test('a request is made for a user, listed, approved, denied and deleted', async () => {
  assert.equal((await tctl('requests', 'ls')).answer, 'No access requests found')
  const id = await request('x'.repeat(80))
  const listed = await tctl('requests', 'ls')
  assert.match(listed.answer, /^Token +Requestor +Metadata +Created At \(UTC\) +Status +Request Reason +Resolve Reason/)
  assert.match(listed.answer, new RegExp(`\n${id} +alice +roles=dba +[-0-9]+ [0-9:]+ PENDING "x{75}\\.\\.\\." \\[\\*\\]`))
  assert.match(listed.told, /^\[\*\] the whole reason: tctl requests get <id>$/)
  assert.match((await tctl('requests', 'get', id)).answer, /Reason: +"x{80}"/)
  assert.match((await tctl('requests', 'approve', id, '--reason=go on')).answer, /has been approved: "alice" may have dba until 20/)
  assert.match((await tctl('requests', 'approve', id)).told, /it is approved already/)
  assert.equal((await tctl('requests', 'deny', id)).answer, `Access request "${id}" has been denied`)
  const [document] = JSON.parse((await tctl('requests', 'ls', '--format=json')).answer) as { spec: Record<string, unknown> }[]
  assert.equal(document?.spec['state'], 'DENIED')
  assert.equal((await tctl('requests', 'rm', id)).answer, `Access request "${id}" has been deleted`)
  assert.match((await tctl('requests', 'get', id)).told, /does not exist/)
})

test('a dry run keeps nothing', async () => {
  const { spec } = JSON.parse((await tctl('requests', 'create', 'alice', '--dry-run')).answer) as { spec: Record<string, unknown> }
  assert.deepEqual(spec['roles'], ['dba'])
  assert.equal((await tctl('requests', 'ls')).answer, 'No access requests found')
})

test('a review counts for its author, once, and never for the requester', async () => {
  const id = await request()
  assert.match((await tctl('requests', 'review', id, '--author=alice', '--approve')).told, /nobody may review a request of their own/)
  assert.match((await tctl('requests', 'review', id, '--author=bob')).told, /one of --approve and --deny is needed/)
  assert.match((await tctl('requests', 'review', id, '--approve')).told, /no author is named/)
  assert.match((await tctl('requests', 'review', id, '--author=bob', '--approve', '--reason=ok')).answer, /the request is APPROVED$/)
  const yaml = (await tctl('requests', 'get', id, '--format=yaml')).answer
  assert.match(yaml, /author: bob/)
})

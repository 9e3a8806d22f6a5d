/** Conversations with tctl about locks and live sessions, against an authority behind real TLS. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { openTctlCluster } from './testing/tctl-cluster.ts'

const cluster = await openTctlCluster()
after(() => cluster[Symbol.asyncDispose]())
const { tctl } = cluster

const session = {
  id: '00000000-0000-4000-8000-00000000000a',
  user: 'alice',
  database: 'my-redshift',
  databaseUser: 'role/my-iam-role',
  databaseName: 'dev',
  clientAddress: '192.0.2.9:5000',
}

test('a lock is created, shown and removed', async () => {
  const created = await tctl('lock', '--user=alice', '--db=my-redshift', '--message=laptop stolen', '--ttl=8h')
  const name = /^Created a lock with name "([0-9a-f-]{36})"\.$/.exec(created.answer)?.[1] ?? ''
  assert.notEqual(name, '', created.told)
  const [shown] = JSON.parse((await tctl('get', 'locks', '--format=json')).answer) as { spec: Record<string, unknown> }[]
  assert.deepEqual(shown?.spec['target'], { user: 'alice', db: 'my-redshift' })
  assert.equal(shown?.spec['message'], 'laptop stolen')
  assert.equal(shown?.spec['expires'], new Date(cluster.clock.now().getTime() + 8 * 3_600_000).toISOString())
  assert.match((await tctl('get', `lock/${name}`)).answer, /kind: lock/)
  assert.equal((await tctl('rm', `lock/${name}`)).answer, `lock "${name}" has been deleted`)
  assert.equal((await tctl('get', 'locks')).answer, '')
})

test('a lock is created from a document, and replaced with -f', async () => {
  const path = `${cluster.directory}/lock.yaml`
  await writeFile(path, 'kind: lock\nversion: v2\nmetadata:\n  name: freeze\nspec:\n  target:\n    db: my-redshift\n')
  assert.equal((await tctl('create', path)).answer, 'lock "freeze" has been created')
  assert.match((await tctl('create', path)).told, /a lock of that name exists\nHINT: replace it with: tctl create -f/)
  assert.equal((await tctl('create', '-f', path)).answer, 'lock "freeze" has been updated')
  assert.equal((await tctl('rm', 'lock/freeze')).answer, 'lock "freeze" has been deleted')
})

const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['on nobody', ['lock', '--message=x'], /nothing is named that it keeps out/],
  ['with two ends', ['lock', '--user=a', '--ttl=1h', '--expires=2040-01-01T00:00:00Z'], /both --expires and --ttl/],
  ['until no time', ['lock', '--user=a', '--expires=soon'], /a time such as/],
  ['in the past', ['lock', '--user=a', '--expires=2001-01-01T00:00:00Z'], /that time is over/],
  ['that is not there, taken away', ['rm', 'lock/none'], /no lock of that name/],
  ['without a kind, taken away', ['rm', 'none'], /there is no kind/],
]

for (const [sentence, args, message] of refused) {
  test(`a lock ${sentence} is refused`, async () => {
    const said = await tctl(...args)
    assert.match(said.told, message)
    assert.equal(said.exit, 1)
  })
}

test('live sessions are listed and ended by id', async () => {
  assert.equal((await tctl('sessions', 'ls')).answer, 'No live sessions found')
  const agent = await cluster.host('Db')
  await agent.reportSessions({ sessions: [{ ...session, started: new Date(cluster.clock.now().getTime() - 60_000).toISOString() }] })
  const listed = await tctl('sessions', 'ls')
  assert.match(listed.answer, /^ID +User +Database +Database User +Database Name +Client +Started +Agent/)
  assert.match(listed.answer, /alice +my-redshift +role\/my-iam-role +dev +192\.0\.2\.9:5000 +1m ago +db/)
  const [document] = JSON.parse((await tctl('sessions', 'ls', '--format=json')).answer) as Record<string, string>[]
  assert.deepEqual([document?.['id'], document?.['db_user']], [session.id, session.databaseUser])
  assert.match((await tctl('sessions', 'kill', session.id, '--reason=maintenance')).answer, /has been ended$/)
  assert.match((await tctl('sessions', 'kill', 'none')).told, /no live session has that id/)
  const { endedSessions } = await agent.watchRevocations({ waitMilliseconds: 0 })
  assert.match(endedSessions[0]?.reason ?? '', /maintenance/)
})

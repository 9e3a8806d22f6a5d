/** Access for a while, with real processes: asked for, approved by somebody else, used, and cut off in the middle of a session. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import pg from 'pg'
import { openStage } from '../../lab/stage/stage.ts'
import { addPerson, auditEvents, configureAgent, eventually, logIn } from './people.ts'
import { openTunnel } from './tunnel.ts'

const database = 'my-redshift'

const roles = `kind: role
version: v7
metadata: {name: dba}
spec:
  allow:
    db_labels: {'*': '*'}
    db_users: [alice]
    db_names: [dev]
---
kind: role
version: v7
metadata: {name: asker}
spec:
  allow:
    request: {roles: [dba], reason: {mode: required}}
---
kind: role
version: v7
metadata: {name: lead}
spec:
  allow:
    review_requests: {roles: [dba]}
`

test('a person asks, another approves, the database opens, and a later no ends the session at once', { timeout: 120_000 }, async () => {
  await using stage = await openStage()
  await using _cluster = await stage.startCluster()
  const run = async (program: 'tctl' | 'tsh', args: readonly string[], person?: string): Promise<string> => {
    const outcome = await stage.run(program, [...args], person === undefined ? {} : { person })
    assert.equal(outcome.exitCode, 0, outcome.stderr)
    return outcome.stdout + outcome.stderr
  }
  const path = `${stage.directory}/roles.yaml`
  await writeFile(path, roles)
  await run('tctl', ['create', path])
  const alice = await addPerson(stage, 'alice', ['--roles=asker'])
  const bob = await addPerson(stage, 'bob', ['--roles=lead'])
  await configureAgent(stage, database)
  await using _agent = await stage.startAgent()
  for (const person of [alice, bob]) await logIn(stage, person)

  assert.doesNotMatch(await run('tsh', ['db', 'ls'], 'alice'), /my-redshift/)
  const asked = await run('tsh', ['request', 'create', '--roles=dba', '--reason=ticket 7', '--nowait'], 'alice')
  const id = /--request-id=([0-9a-f-]{36})/.exec(asked)?.[1] ?? ''
  const own = await stage.run('tsh', ['request', 'review', id, '--approve'], { person: 'alice' })
  assert.match(own.stderr, /nobody may review a request of their own/)
  assert.match(await run('tsh', ['request', 'ls', '--reviewable'], 'bob'), new RegExp(`${id} alice`))
  assert.match(await run('tsh', ['request', 'review', id, '--approve'], 'bob'), /the request is APPROVED/)
  assert.match(await run('tsh', ['login', `--request-id=${id}`], 'alice'), new RegExp(`Active requests: +${id}`))
  await eventually(
    () => run('tsh', ['db', 'ls'], 'alice'),
    (listed) => listed.includes(database),
  )

  await using tunnel = await openTunnel(stage, { person: 'alice', databaseUser: 'alice', databaseName: 'dev', database })
  const client = new pg.Client({ host: 'localhost', port: tunnel.port, user: 'alice', database: 'dev' })
  const ended = new Promise<Error & { readonly code?: string }>((resolve) => client.once('error', resolve))
  client.on('error', () => {})
  await client.connect()
  await client.query('select 1')
  await run('tctl', ['requests', 'deny', id, '--reason=incident over'])
  const deniedAt = performance.now()
  const { code, message } = await ended
  assert.ok(performance.now() - deniedAt < 1000)
  assert.equal(code, '57P01', message)
  assert.match(message, /a role was taken away/)

  assert.doesNotMatch(await run('tsh', ['db', 'ls'], 'alice'), /my-redshift/)
  assert.doesNotMatch(await run('tsh', ['request', 'drop'], 'alice'), /Active requests/)
  const events = await auditEvents(stage)
  const told = events.filter(({ event }) => event.startsWith('access_request.')).map(({ event, state }) => [event, state])
  assert.deepEqual(told, [
    ['access_request.create', 'PENDING'],
    ['access_request.review', 'APPROVED'],
    ['access_request.update', 'DENIED'],
  ])
})

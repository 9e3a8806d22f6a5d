/** Databases that administrators register: revisions, origin, and what agents are told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '#resources'
import { databaseServer, openAuthorityWorld } from './testing/authority-world.ts'

function database(labels: Record<string, string> = { env: 'dev' }): Database {
  return databaseServer({ labels }).spec.database
}

test('a registered database has its origin, whatever it claims, and each change is in the audit log', async () => {
  await using world = await openAuthorityWorld()
  const { database: created } = await world.admin.createDatabase({ database: database({ 'teleport.dev/origin': 'config-file' }) })
  assert.deepEqual(created.metadata.labels, { 'teleport.dev/origin': 'dynamic' })
  await assert.rejects(world.admin.createDatabase({ database: database() }), { code: 'DATABASE_EXISTS', category: 'already-exists' })
  const { database: updated } = await world.admin.updateDatabase({
    database: { ...created, metadata: { ...created.metadata, description: 'd' } },
  })
  assert.notEqual(updated.metadata.revision, created.metadata.revision)
  await assert.rejects(world.admin.updateDatabase({ database: created }), { code: 'RESOURCE_REVISION_CHANGED' })
  await world.admin.deleteDatabase({ name: 'my-redshift' })
  await assert.rejects(world.admin.deleteDatabase({ name: 'my-redshift' }), { code: 'DATABASE_MISSING' })
  await assert.rejects(world.admin.updateDatabase({ database: database() }), { code: 'DATABASE_MISSING' })
  for (const [event, code] of [
    ['db.create', 'TDB03I'],
    ['db.update', 'TDB04I'],
    ['db.delete', 'TDB05I'],
  ] as const) {
    assert.partialDeepStrictEqual(await world.audited(event), [{ code, name: 'my-redshift' }])
  }
})

test('an agent is told once, and again after a change', async () => {
  await using world = await openAuthorityWorld()
  const agent = await world.host('Db')
  const first = await agent.getDatabasesForAgent({})
  assert.deepEqual(first.databases, [])
  assert.deepEqual(await agent.getDatabasesForAgent({ known: first.version }), { version: first.version })
  await world.admin.createDatabase({ database: database() })
  const second = await agent.getDatabasesForAgent({ known: first.version })
  assert.deepEqual(
    second.databases?.map(({ metadata }) => metadata.name),
    ['my-redshift'],
  )
  await world.admin.deleteDatabase({ name: 'my-redshift' })
  assert.deepEqual((await agent.getDatabasesForAgent({ known: second.version })).databases, [])
})

test("a registered database that no agent announces is in nobody's list", async () => {
  await using world = await openAuthorityWorld()
  await world.admin.createDatabase({ database: database() })
  assert.deepEqual((await world.admin.listDatabases({})).databases, [])
  assert.equal((await world.admin.listDatabaseResources({})).databases.length, 1)
})

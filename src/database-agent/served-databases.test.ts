/** Databases of the cluster that an agent serves: chosen by label, announced when they come, taken back when they go. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Database } from '#resources'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import type { DatabaseMatcher } from './agent-options.ts'
import { openServedDatabases } from './served-databases.ts'
import { fakeAuthority } from './testing/fake-authority.ts'
import { settled } from './testing/stream-pair.ts'

function database(name: string, change: { readonly labels?: Record<string, string>; readonly revision?: string } = {}): Database {
  const { labels = { env: 'dev' }, revision } = change
  return {
    kind: 'db',
    version: 'v3',
    metadata: { name, labels, ...(revision === undefined ? {} : { revision }) },
    spec: {
      protocol: 'postgres',
      uri: 'localhost:5439',
      tls: { mode: 'verify-full' },
      aws: { region: 'us-east-1', assumeRoleArn: 'arn:aws:iam::111111111111:role/own', externalId: 'own', redshift: {} },
    },
  }
}

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const devOnly: DatabaseMatcher = { labels: { env: ['dev'] }, assumeRoleArn: undefined, externalId: undefined }

function openRig(databaseMatchers: readonly DatabaseMatcher[] = [devOnly]) {
  const clock = new SteppedClock()
  const authority = fakeAuthority()
  const stopping = new AbortController()
  const served = openServedDatabases({
    authority,
    clock,
    databases: [database('own')],
    databaseMatchers,
    randomness: { bytes: (length: number) => new Uint8Array(length), uuid: () => '', fraction: () => 0.5 },
    log: silent,
    version: '1.2.3',
    identity: { kind: 'host', hostId: 'host-1', hostname: 'agent', cluster: 'test', roles: ['Db'], certificateId: 'id' },
  })
  const running = served.follow(stopping.signal)
  const heard = (): readonly string[] => authority.asked.splice(0).filter((question) => question !== 'databases')
  return {
    authority,
    served,
    heard,
    names: () => served.all().map(({ metadata }) => metadata.name),
    async looks(milliseconds = 1_000) {
      clock.step(milliseconds)
      await settled()
    },
    async stop() {
      stopping.abort()
      await running
      assert.equal(clock.waiting(), 0)
    },
  }
}

test('databases that match are served within a second, changed ones are announced again, deleted ones taken back', async () => {
  const rig = openRig()
  await settled()
  assert.deepEqual(rig.names(), ['own'])
  rig.authority.databases = [
    database('one', { revision: '1' }),
    database('two', { revision: '2' }),
    database('prod', { labels: { env: 'prod' } }),
  ]
  await rig.looks()
  assert.deepEqual(
    [rig.names(), rig.heard()],
    [
      ['own', 'one', 'two'],
      ['announce one', 'announce two'],
    ],
  )
  rig.authority.databases = [database('one', { revision: '3' }), database('two', { revision: '2' })]
  await rig.looks()
  assert.deepEqual(rig.heard(), ['announce one'])
  rig.authority.databases = [database('two', { revision: '2' })]
  await rig.looks()
  assert.deepEqual([rig.names(), rig.heard()], [['own', 'two'], ['withdraw one']])
  await rig.stop()
})

test('a database that loses its label is served no more', async () => {
  const rig = openRig()
  rig.authority.databases = [database('one', { revision: '1' })]
  await settled()
  await rig.looks()
  rig.authority.databases = [database('one', { revision: '2', labels: { env: 'prod' } })]
  await rig.looks()
  assert.deepEqual([rig.names(), rig.served.named('one')], [['own'], undefined])
  await rig.stop()
})

test('the database of the file wins over one of its name in the cluster', async () => {
  const rig = openRig()
  rig.authority.databases = [database('own', { revision: '1', labels: { env: 'dev', from: 'cluster' } })]
  await rig.looks()
  assert.deepEqual(rig.served.named('own')?.metadata.labels, { env: 'dev', 'teleport.dev/origin': 'config-file' })
  assert.deepEqual(rig.heard(), [])
  await rig.stop()
})

test('the first matcher that chooses a database says by which role it is reached', async () => {
  const role = { assumeRoleArn: 'arn:aws:iam::222222222222:role/matcher', externalId: undefined }
  const rig = openRig([
    { labels: { env: ['dev'] }, ...role },
    { ...devOnly, labels: { '*': ['*'] } },
  ])
  rig.authority.databases = [database('one', { revision: '1' }), database('other', { revision: '2', labels: {} })]
  await settled()
  await rig.looks()
  const awsOf = (name: string) => rig.served.named(name)?.spec.aws
  assert.deepEqual(awsOf('one'), { region: 'us-east-1', assumeRoleArn: role.assumeRoleArn, redshift: {} })
  assert.equal(awsOf('other')?.assumeRoleArn, 'arn:aws:iam::111111111111:role/own')
  await rig.stop()
})

test('an Auth Service that is away changes nothing', async () => {
  const rig = openRig()
  rig.authority.databases = [database('one', { revision: '1' })]
  await settled()
  await rig.looks()
  rig.authority.mood = 'refuses'
  await rig.looks()
  assert.deepEqual(rig.names(), ['own', 'one'])
  rig.authority.mood = 'answers'
  rig.authority.databases = []
  await rig.looks(5_000)
  assert.deepEqual(rig.names(), ['own'])
  await rig.stop()
})

test('an agent without matchers asks for nothing', async () => {
  const rig = openRig([])
  await rig.looks()
  assert.deepEqual(rig.authority.asked, [])
  await rig.stop()
})

/** Conversations with tsh about access requests: real TLS, and a real authority behind it. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openSqliteAuditStore } from '#audit-log'
import { openAuthority } from '#authority'
import type { AuthorityClient } from '#authority-api'
import { identityFromCertificate } from '#certificates'
import { Secret, type Log } from '#foundation'
import { parseRole } from '#resources'
import { openSqliteStore } from '#storage'
import { nodeClock, nodeRandomness } from '#world'
import { cluster, goodCode, goodPassword, openTestCluster } from '../../../test/worlds/small-cluster.ts'
import { speak, type ConversationOptions, type Spoken } from './testing/conversation.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

const store = await openSqliteStore({ path: ':memory:', clock: nodeClock })
const auditStore = await openSqliteAuditStore({ path: ':memory:', clock: nodeClock })
const authority = await openAuthority({
  store,
  auditStore,
  clock: nodeClock,
  randomness: nodeRandomness,
  log: silent,
  configuration: { clusterName: cluster, version: '1.2.3', publicAddresses: [] },
  secretKey: new Secret(new Uint8Array(32).fill(1)),
})
const running = await openTestCluster({
  authority: {
    peopleAuthoritiesPem: authority.trustedAuthorities().user,
    answer: async (request, certificate) => {
      const identity = identityFromCertificate(certificate)
      return await authority.app.fetch(request, { peer: { identity, certificate, remoteAddress: '192.0.2.1:5' } })
    },
  },
})
after(async () => {
  await running[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
  await auditStore[Symbol.asyncDispose]()
})

let admin: AuthorityClient
const home: ConversationOptions = { homeDirectory: await mkdtemp(join(tmpdir(), 'tsh-requests-')) }
after(() => rm(home.homeDirectory, { recursive: true }))

before(async () => {
  const { identity } = await authority.issueLocalHost({ roles: ['Admin'], hostname: 'h' })
  admin = authority.clientFor({ identity, remoteAddress: 'local' })
  const role = (name: string, allow: object) =>
    admin.createRole({ role: parseRole({ kind: 'role', version: 'v7', metadata: { name }, spec: { allow } }) })
  await role('dba', {})
  await role('asker', { request: { roles: ['dba'] } })
  await role('boss', { review_requests: { roles: ['dba'] } })
  // The cluster's logins are those of alice, with the role access.
  await admin.createUser({ name: 'alice', roles: ['access', 'asker'], traits: {} })
  await admin.createUser({ name: 'bob', roles: ['boss'], traits: {} })
  const login = ['login', `--proxy=localhost:${running.port}`, '--user=alice', `--ca-pin=${running.pin}`]
  const { exitCode, stderr } = await tsh(login, [goodPassword, goodCode])
  assert.equal(exitCode, 0, stderr)
})

async function tsh(args: readonly string[], answers: readonly string[] = []): Promise<Spoken> {
  return await speak(args, home, answers)
}

async function well(...args: readonly string[]): Promise<Spoken> {
  const spoken = await tsh(args)
  assert.equal(spoken.exitCode, 0, spoken.stderr)
  return spoken
}

async function approve(): Promise<string> {
  const until = Date.now() + 10_000
  for (;;) {
    assert.ok(Date.now() < until, 'no request came')
    const found = (await admin.listAccessRequests({})).requests.find(({ request }) => request.spec.state === 'PENDING')
    if (found !== undefined) {
      const id = found.request.metadata.name
      await admin.reviewAccessRequest({ id, state: 'APPROVED', author: 'bob' })
      return id
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function statusOf(): Promise<{
  readonly active_requests: readonly string[]
  readonly roles: readonly string[]
  readonly valid_until: string
}> {
  return JSON.parse((await well('status', '--format=json')).stdout).active
}

async function clear(): Promise<void> {
  await well('request', 'drop')
  for (const { request } of (await admin.listAccessRequests({})).requests) await admin.deleteAccessRequest({ id: request.metadata.name })
}

test('a request waits for its approval, is taken on and dropped; the login is then as it was, with its own end', async () => {
  const before = await statusOf()
  const asking = tsh(['request', 'create', '--roles=dba', '--reason=ticket 7', '--max-duration=10m'])
  const id = await approve()
  const { exitCode, stdout, stderr } = await asking
  assert.equal(exitCode, 0, stderr)
  assert.match(stderr, /Reason: +"ticket 7"\nStatus: +PENDING\n/)
  assert.match(stderr, /Waiting for the request to be approved/)
  assert.match(stdout, new RegExp(`Active requests: +${id}\n  Cluster: .*\n  Roles: +access, asker, dba\n`))
  const elevated = await statusOf()
  assert.deepEqual(elevated.active_requests, [id])
  assert.ok(elevated.valid_until < before.valid_until)
  assert.match((await well('request', 'ls')).stdout, new RegExp(`${id} alice dba`))
  await well('request', 'drop', id)
  assert.deepEqual(await statusOf(), before)
  await clear()
})

test('without waiting, an approved request is taken on at the next login', async () => {
  const { stderr } = await well('request', 'create', '--roles=dba', '--nowait')
  const id = /--request-id=([0-9a-f-]{36})/.exec(stderr)?.[1] ?? ''
  const early = await tsh(['login', `--request-id=${id}`])
  assert.match(early.stderr, /Cannot take|Cannot assume the access request .* it is pending/)
  await approve()
  assert.match((await well('request', 'ls')).stderr, /take an approved request on with 'tsh login --request-id=<id>'/)
  assert.match((await well('login', `--request-id=${id}`)).stdout, new RegExp(`Active requests: +${id}`))
  assert.match((await well('request', 'show', id)).stdout, /Review: +APPROVED by bob/)
  // A new login begins without what was granted to the one before.
  await tsh(['login', '--force'], [goodPassword, goodCode])
  assert.deepEqual((await statusOf()).active_requests, [])
  await clear()
})

test('login asks for roles itself', async () => {
  const asking = tsh(['login', '--request-roles=dba', '--request-reason=ticket 8'])
  const id = await approve()
  assert.match((await asking).stdout, new RegExp(`Active requests: +${id}`))
  await clear()
})

test('a denied request ends the wait with the reason', async () => {
  const asking = tsh(['request', 'create', '--roles=dba'])
  for (;;) {
    const [found] = (await admin.listAccessRequests({})).requests
    if (found !== undefined) {
      await admin.decideAccessRequest({ id: found.request.metadata.name, state: 'DENIED', reason: 'not today' })
      break
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const { exitCode, stderr } = await asking
  assert.equal(exitCode, 1)
  assert.match(stderr, /ERROR: Cannot take on the access request ".*": it was denied by \S+ \(not today\)\nHINT: /)
  await clear()
})

test('Ctrl-C ends the wait and not the request', async () => {
  const stop = new AbortController()
  const asking = speak(['request', 'create', '--roles=dba'], { ...home, terminationSignal: () => stop.signal })
  while ((await admin.listAccessRequests({})).requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  stop.abort()
  const { exitCode, stderr } = await asking
  assert.equal(exitCode, 1)
  assert.match(stderr, /it is pending, and the wait was stopped\nHINT: take it on when it is approved with: tsh login --request-id=/)
  assert.equal((await admin.listAccessRequests({})).requests.length, 1)
  await clear()
})

test('when what was granted is over, commands go on with the login', async () => {
  const asking = tsh(['request', 'create', '--roles=dba', '--max-duration=2s'])
  await approve()
  const { stderr } = await asking
  assert.match(stderr, /is approved/)
  const files = await readdir(join(home.homeDirectory, '.tsh/keys/localhost'))
  assert.deepEqual(files.filter((name) => name.startsWith('alice')).sort(), ['alice.crt', 'alice.key', 'alice~assumed.crt'])
  const until = Date.now() + 10_000
  while ((await statusOf()).active_requests.length > 0) {
    assert.ok(Date.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await well('request', 'ls')
  await clear()
})

const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['for no role', ['request', 'create'], /no role is named/],
  ['for a role nobody may request', ['request', 'create', '--roles=editor'], /no role of "alice" lets you request the role "editor"/],
  ['that is not there, shown', ['request', 'show', 'none'], /neither yours nor yours to review/],
  ['reviewed without a word', ['request', 'review', 'none'], /one of --approve and --deny is needed/],
  ['that is not taken on, dropped', ['request', 'drop', 'none'], /you have not taken it on/],
]

for (const [sentence, args, message] of refused) {
  test(`a request ${sentence} is refused`, async () => {
    const { exitCode, stderr } = await tsh(args)
    assert.equal(exitCode, 1)
    assert.match(stderr, message)
  })
}

test('an own request is not reviewed, and what may be requested is found', async () => {
  const { stderr } = await well('request', 'create', '--roles=dba', '--nowait')
  const id = /--request-id=([0-9a-f-]{36})/.exec(stderr)?.[1] ?? ''
  assert.match((await tsh(['request', 'review', id, '--approve'])).stderr, /nobody may review a request of their own/)
  const search = await well('request', 'search', '--roles')
  assert.match(search.stdout, /^Role\n-+\ndba\n$/)
  assert.match(search.stderr, /tsh request create --roles=dba/)
  await clear()
})

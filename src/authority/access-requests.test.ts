/** Access requests at the authority: asked for, reviewed, assumed, and gone when they are over. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { generateKeyPair } from '#certificates'
import { parseRole } from '#resources'
import { databaseServer, openAuthorityWorld, type AuthorityWorld, type Person } from './testing/authority-world.ts'

let world: AuthorityWorld
let alice: Person
let bob: Person
let carol: Person

const hour = 3_600_000

function role(name: string, allow: object, deny: object = {}, options: object = {}): ReturnType<typeof parseRole> {
  return parseRole({ kind: 'role', version: 'v7', metadata: { name }, spec: { options, allow, deny } })
}

before(async () => {
  world = await openAuthorityWorld()
  const roles = [
    role('dba', {
      rules: [
        { resources: ['event'], verbs: ['list', 'read'] },
        { resources: ['user'], verbs: ['list'] },
      ],
    }),
    role('asker', { request: { roles: ['dba', 'edit*'] } }, { request: { roles: ['editor'] } }),
    role('boss', { review_requests: { roles: ['dba'] } }),
    role('strict', {
      request: { roles: ['dba'], thresholds: [{ approve: 2, deny: 1 }], reason: { mode: 'required' }, max_duration: '2h' },
    }),
    role('deciding', { rules: [{ resources: ['access_request'], verbs: ['*'] }], request: { roles: ['dba'] } }),
  ]
  for (const each of roles) await world.admin.createRole({ role: each })
  alice = await person('alice', ['asker'])
  bob = await person('bob', ['boss'])
  carol = await person('carol', ['boss', 'asker'])
})

after(() => world[Symbol.asyncDispose]())

async function person(name: string, roles: readonly string[]): Promise<Person> {
  const totp = await world.enrol(name, roles)
  return world.person(await world.logIn(name, totp, { ttlMilliseconds: 12 * hour }))
}

async function ask(who: Person, change: object = {}): Promise<string> {
  const { request } = await who.client.createAccessRequest({ roles: ['dba'], reason: 'ticket 7', ...change })
  return request.metadata.name
}

async function assume(who: Person, ...ids: readonly string[]): Promise<Person> {
  const { publicKeyPem } = await generateKeyPair()
  const { certificatePem } = await who.client.assumeAccessRequests({ publicKeyPem, ids: [...ids] })
  return world.person(certificatePem)
}

test('a request is made, reviewed and assumed; the certificate has role and request, and both are in the audit log', async () => {
  const id = await ask(alice)
  await assert.rejects(assume(alice, id), { code: 'ACCESS_REQUEST_NOT_APPROVED', message: /it is pending$/ })
  const [listed] = (await bob.client.listAccessRequests({})).requests
  assert.deepEqual([listed?.request.metadata.name, listed?.reviewable], [id, true])
  const { request } = await bob.client.reviewAccessRequest({ id, state: 'APPROVED', reason: 'go on' })
  assert.deepEqual([request.spec.state, request.spec.resolvedBy, request.spec.resolveReason], ['APPROVED', 'bob', 'go on'])
  const elevated = await assume(alice, id)
  assert.deepEqual(elevated.identity.roles, ['asker', 'dba'])
  assert.deepEqual(elevated.identity.activeRequests, [id])
  await assert.rejects(alice.client.listUsers({}), { code: 'OPERATION_REFUSED' })
  assert.ok((await elevated.client.listUsers({})).users.length > 0)

  const created = (await world.audited('access_request.create')).at(-1)
  assert.deepEqual([created?.['id'], created?.['roles'], created?.['reason'], created?.['user']], [id, ['dba'], 'ticket 7', 'alice'])
  const reviewed = (await world.audited('access_request.review')).at(-1)
  assert.deepEqual([reviewed?.['reviewer'], reviewed?.['proposed_state'], reviewed?.['state']], ['bob', 'APPROVED', 'APPROVED'])
  assert.deepEqual((await world.audited('cert.create')).at(-1)?.['access_requests'], [id])
})

test('nobody reviews or decides an own request, and the attempt is in the audit log', async () => {
  const id = await ask(carol)
  await assert.rejects(carol.client.reviewAccessRequest({ id, state: 'APPROVED' }), {
    code: 'ACCESS_REVIEW_REFUSED',
    message: /nobody may review a request of their own/,
  })
  const dave = await person('dave', ['deciding'])
  const own = await ask(dave)
  await assert.rejects(dave.client.decideAccessRequest({ id: own, state: 'APPROVED' }), { code: 'ACCESS_REQUEST_OWN' })
  await assert.rejects(carol.client.reviewAccessRequest({ id, state: 'APPROVED', author: 'bob' }), { code: 'ACCESS_REVIEW_AUTHOR_REFUSED' })
  const denied = (await world.audited('access.denied')).slice(-3)
  assert.deepEqual(
    denied.map((event) => [event['user'], event['operation'], event['error_code']]),
    [
      ['carol', 'reviewAccessRequest', 'ACCESS_REVIEW_REFUSED'],
      ['dave', 'decideAccessRequest', 'ACCESS_REQUEST_OWN'],
      ['carol', 'reviewAccessRequest', 'ACCESS_REVIEW_AUTHOR_REFUSED'],
    ],
  )
  for (const { request } of (await world.admin.listAccessRequests({})).requests.filter(
    ({ request: { metadata } }) => metadata.name === id,
  )) {
    assert.deepEqual([request.spec.state, request.spec.reviews], ['PENDING', []])
  }
})

test('who holds a role only by a request asks and reviews with nothing of it', async () => {
  await world.admin.createRole({ role: role('chief', { request: { roles: ['*'] }, review_requests: { roles: ['*'] } }) })
  await world.admin.createRole({ role: role('climber', { request: { roles: ['chief'] } }) })
  const erin = await person('erin', ['climber'])
  const id = await ask(erin, { roles: ['chief'] })
  await world.admin.decideAccessRequest({ id, state: 'APPROVED' })
  const elevated = await assume(erin, id)
  await assert.rejects(elevated.client.createAccessRequest({ roles: ['editor'] }), { code: 'ACCESS_REQUEST_REFUSED' })
  await assert.rejects(elevated.client.reviewAccessRequest({ id: await ask(alice), state: 'APPROVED' }), { code: 'ACCESS_REVIEW_REFUSED' })
})

const refused: readonly (readonly [string, object, string])[] = [
  ['a role no own role allows', { roles: ['access'] }, 'ACCESS_REQUEST_REFUSED'],
  ['a role that is denied', { roles: ['editor'] }, 'ACCESS_REQUEST_REFUSED'],
  ['a role that does not exist', { roles: ['editor-of-nothing'] }, 'ROLE_UNKNOWN'],
  ['a role one has', { roles: ['asker'] }, 'ACCESS_REQUEST_REFUSED'],
  ['no role', { roles: [] }, 'ACCESS_REQUEST_REFUSED'],
  ['a wait of a month', { pendingMilliseconds: 31 * 24 * hour }, 'ACCESS_REQUEST_REFUSED'],
  ['a reason of two lines', { reason: 'a\nb' }, 'RESOURCE_MALFORMED'],
]

for (const [sentence, change, code] of refused) {
  test(`a request for ${sentence} is refused, and nothing is kept`, async () => {
    const before = (await world.admin.listAccessRequests({})).requests.length
    await assert.rejects(ask(alice, change), { code })
    assert.equal((await world.admin.listAccessRequests({})).requests.length, before)
  })
}

test('the star asks for everything that may be requested', async () => {
  const { request } = await alice.client.createAccessRequest({ roles: ['*'], dryRun: true })
  assert.deepEqual(request.spec.roles, ['dba'])
  assert.deepEqual((await alice.client.listRequestableRoles({})).roles, ['dba'])
})

test('thresholds count, one review each, and a reason is demanded where a role says so', async () => {
  const frank = await person('frank', ['strict'])
  await assert.rejects(frank.client.createAccessRequest({ roles: ['dba'] }), {
    code: 'ACCESS_REQUEST_REFUSED',
    message: /demands a reason/,
  })
  const id = await ask(frank, { accessMilliseconds: 10 * hour })
  const { request } = await bob.client.reviewAccessRequest({ id, state: 'APPROVED' })
  assert.deepEqual([request.spec.state, request.spec.accessMilliseconds], ['PENDING', 2 * hour])
  await assert.rejects(bob.client.reviewAccessRequest({ id, state: 'APPROVED' }), { code: 'ACCESS_REVIEW_REFUSED', message: /already/ })
  const { request: approved } = await carol.client.reviewAccessRequest({ id, state: 'APPROVED' })
  assert.equal(approved.spec.state, 'APPROVED')
  const elevated = await assume(frank, id)
  assert.equal(elevated.certificate.validToDate.getTime() <= world.clock.now().getTime() + 2 * hour, true)
  assert.equal(elevated.identity.previousExpiry, frank.certificate.validToDate.toISOString())
  await assert.rejects(world.person(elevated.certificate.toString()).client.reviewAccessRequest({ id, state: 'DENIED' }), {
    code: 'ACCESS_REVIEW_REFUSED',
  })
})

test('a review by somebody whose roles do not allow it is refused', async () => {
  const id = await ask(carol)
  await assert.rejects(alice.client.reviewAccessRequest({ id, state: 'APPROVED' }), { code: 'ACCESS_REVIEW_REFUSED' })
  assert.ok(!(await alice.client.listAccessRequests({})).requests.some(({ request }) => request.metadata.name === id))
})

test('what was granted is gone at once when the request is denied afterwards, deleted, or over', async () => {
  for (const undo of [
    async (id: string) => void (await world.admin.decideAccessRequest({ id, state: 'DENIED', reason: 'incident over' })),
    async (id: string) => void (await world.admin.deleteAccessRequest({ id })),
    async () => world.clock.step(hour + 1000),
  ]) {
    const grace = await person(`grace-${world.clock.now().getTime()}-${undo.length}`, ['asker'])
    const id = await ask(grace, { accessMilliseconds: hour })
    await world.admin.decideAccessRequest({ id, state: 'APPROVED' })
    const elevated = await assume(grace, id)
    await elevated.client.listUsers({})
    await undo(id)
    await assert.rejects(elevated.client.listUsers({}), (error: { code: string }) =>
      ['OPERATION_REFUSED', 'CERTIFICATE_EXPIRED'].includes(error.code),
    )
    await grace.client.listDatabases({})
    world.clock.step(30_000)
  }
})

test('the request of somebody else, and one of a user who was made anew, give nothing', async () => {
  const id = await ask(alice)
  await world.admin.decideAccessRequest({ id, state: 'APPROVED' })
  await assert.rejects(assume(carol, id), { code: 'ACCESS_REQUEST_UNKNOWN' })
  const henry = await person('henry', ['asker'])
  const old = await ask(henry)
  await world.admin.decideAccessRequest({ id: old, state: 'APPROVED' })
  await world.admin.deleteUser({ name: 'henry' })
  const again = await person('henry', ['asker'])
  await assert.rejects(assume(again, old), { code: 'ACCESS_REQUEST_UNKNOWN' })
})

test('a lock on the request cuts off what was assumed, and not the login', async () => {
  const id = await ask(alice)
  await world.admin.decideAccessRequest({ id, state: 'APPROVED' })
  const elevated = await assume(alice, id)
  const { lock } = await world.admin.createLock({ target: { accessRequest: id } })
  await assert.rejects(elevated.client.listUsers({}), { code: 'LOCK_IN_FORCE' })
  await assert.rejects(assume(alice, id), { code: 'LOCK_IN_FORCE' })
  await alice.client.listDatabases({})
  await world.admin.deleteLock({ name: lock.metadata.name })
})

test('the administrator grants a part, for others, and never more than was asked for', async () => {
  const { request } = await world.admin.createAccessRequestFor({ user: 'alice', roles: ['dba'], reason: 'on call' })
  const id = request.metadata.name
  await assert.rejects(world.admin.decideAccessRequest({ id, state: 'APPROVED', roles: ['editor'] }), {
    code: 'ACCESS_REQUEST_ROLES_REFUSED',
  })
  await world.admin.reviewAccessRequest({ id, state: 'APPROVED', author: 'bob' })
  await assert.rejects(world.admin.decideAccessRequest({ id, state: 'APPROVED' }), { code: 'ACCESS_REQUEST_DECIDED' })
  await assert.rejects(world.admin.createAccessRequestFor({ user: 'bob', roles: ['dba'] }), { code: 'ACCESS_REQUEST_REFUSED' })
  await assert.rejects(world.admin.decideAccessRequest({ id: 'none', state: 'DENIED' }), { code: 'ACCESS_REQUEST_UNKNOWN' })
})

test('a certificate for a database names the requests, and is refused when they are gone', async () => {
  await (await world.host('Db')).upsertDatabaseServer({ server: databaseServer() })
  const all = { db_labels: { '*': '*' }, db_users: ['*'], db_names: ['*'] }
  await world.admin.createRole({ role: role('prod-dba', all) })
  await world.admin.createRole({ role: role('prod-asker', { request: { roles: ['prod-*'] } }) })
  const ivan = await person('ivan', ['prod-asker'])
  const id = await ask(ivan, { roles: ['prod-dba'] })
  await world.admin.decideAccessRequest({ id, state: 'APPROVED' })
  const elevated = await assume(ivan, id)
  const { publicKeyPem } = await generateKeyPair()
  const request = { publicKeyPem, route: { service: 'my-redshift', protocol: 'postgres', user: 'root', name: 'prod' } }
  await assert.rejects(ivan.client.issueDatabaseCertificate(request), { code: 'DATABASE_REFUSED' })
  const { certificatePem } = await elevated.client.issueDatabaseCertificate(request)
  const { identity, certificate } = world.person(certificatePem)
  assert.deepEqual([identity.activeRequests, identity.roles], [[id], ['prod-asker', 'prod-dba']])
  assert.equal(identity.previousExpiry, elevated.certificate.validToDate.toISOString())
  assert.ok(certificate.validToDate <= elevated.certificate.validToDate)
  await world.admin.decideAccessRequest({ id, state: 'DENIED' })
  await assert.rejects(elevated.client.issueDatabaseCertificate(request), { code: 'DATABASE_REFUSED' })
})

test('agents and proxies hear of what was granted and of its end', async () => {
  const agent = await world.host('Db')
  const id = await ask(alice)
  const { revision } = await agent.watchRevocations({ waitMilliseconds: 0 })
  await world.admin.decideAccessRequest({ id, state: 'APPROVED' })
  const told = await agent.watchRevocations({ sinceRevision: revision, waitMilliseconds: 1000 })
  const expires = new Date(world.clock.now().getTime() + 12 * hour).toISOString()
  assert.deepEqual(told.accessRequests, [{ id, user: 'alice', roles: ['dba'], expires }])
  await world.admin.decideAccessRequest({ id, state: 'DENIED' })
  const gone = await agent.watchRevocations({ sinceRevision: told.revision, waitMilliseconds: 1000 })
  assert.deepEqual([gone.accessRequests, gone.endedAccessRequests], [[], [id]])
})

/** Login: what is proven, what is refused with which word, and what guessing leads to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateKeyPair } from '#certificates'
import type { PortunusError } from '#foundation'
import { clientAddress, openAuthorityWorld, password } from './testing/authority-world.ts'

const minute = 60_000
const refused = { code: 'LOGIN_REFUSED', category: 'unauthenticated' }
const locked = { code: 'LOGIN_LOCKED', category: 'limit-exceeded' }
const { publicKeyPem } = await generateKeyPair()

test('the right password and code give a login certificate of twelve hours with roles and traits', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice', ['access', 'requester'], { db_users: ['alice'], db_names: ['dev'] })
  const alice = world.person(await world.logIn('alice', totp))
  assert.deepEqual(
    { ...alice.identity, certificateId: '' },
    {
      kind: 'user',
      user: 'alice',
      roles: ['access', 'requester'],
      traits: { db_users: ['alice'], db_names: ['dev'] },
      cluster: 'test.example.com',
      usage: 'login',
      clientAddress,
      certificateId: '',
    },
  )
  assert.equal(alice.certificate.validToDate.getTime() - world.clock.now().getTime(), 12 * 3_600_000)
  const events = await world.audited('user.login')
  assert.deepEqual(
    events.map(({ code, user, success }) => [code, user, success]),
    [['T1000I', 'alice', true]],
  )
})

test('a shorter time is granted, a longer one is cut to thirty hours', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  const short = world.person(await world.logIn('alice', totp, { ttlMilliseconds: 10 * minute }))
  assert.equal(short.certificate.validToDate.getTime() - world.clock.now().getTime(), 10 * minute)
  world.clock.step(minute)
  const long = world.person(await world.logIn('alice', totp, { ttlMilliseconds: 400 * 3_600_000 }))
  assert.equal(long.certificate.validToDate.getTime() - world.clock.now().getTime(), 30 * 3_600_000)
})

test('wrong password, wrong code, unknown user and a user without password hear the same word', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  await world.admin.createUser({ name: 'bob', roles: ['access'], traits: {} })
  const messages = new Set<string>()
  for (const [name, change] of [
    ['alice', { password: 'wrong horse battery' }],
    ['alice', { code: '000000' }],
    ['alice', { code: 'abcdef' }],
    ['nobody', {}],
    ['bob', {}],
  ] as const) {
    await assert.rejects(world.logIn(name, totp, change), (error: PortunusError) => {
      assert.deepEqual({ code: error.code, category: error.category }, refused)
      messages.add(error.message.replace(`"${name}"`, 'X'))
      return true
    })
  }
  assert.equal(messages.size, 1)
})

test('a password alone is told that the second factor is missing, right or wrong, known or not', async () => {
  await using world = await openAuthorityWorld()
  await world.enrol('alice')
  for (const [user, sent] of [
    ['alice', password],
    ['alice', 'wrong horse battery'],
    ['nobody', password],
  ] as const) {
    await assert.rejects(world.proxy.login({ user, password: sent, publicKeyPem, clientAddress }), { code: 'LOGIN_SECOND_FACTOR_MISSING' })
    await assert.rejects(world.proxy.login({ user, password: sent, oneTimePassword: ' ', publicKeyPem, clientAddress }), {
      code: 'LOGIN_SECOND_FACTOR_MISSING',
    })
  }
})

test('a code works once, and the one before it never again', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  const earlier = world.code(totp)
  world.clock.step(30_000)
  const code = world.code(totp)
  await world.logIn('alice', totp, { code })
  await assert.rejects(world.logIn('alice', totp, { code }), refused)
  await assert.rejects(world.logIn('alice', totp, { code: earlier }), refused)
  world.clock.step(30_000)
  await world.logIn('alice', totp)
})

test('of two logins with one code at the same moment one gets in', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  const outcomes = await Promise.allSettled([world.logIn('alice', totp), world.logIn('alice', totp), world.logIn('alice', totp)])
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('a code used twice by its owner does not count as a guess', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  const code = world.code(totp)
  await world.logIn('alice', totp, { code })
  for (let attempt = 0; attempt < 6; attempt++) await assert.rejects(world.logIn('alice', totp, { code }), refused)
})

test('five failures shut a network out for half an hour, the right password included', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  for (let attempt = 0; attempt < 5; attempt++) {
    await assert.rejects(world.logIn('alice', totp, { password: `guess number ${attempt}` }), refused)
  }
  await assert.rejects(world.logIn('alice', totp), locked)
  const failures = await world.audited('user.login')
  assert.deepEqual(
    failures.map(({ locked_out }) => locked_out),
    [undefined, undefined, undefined, undefined, '192.0.2.0/24', undefined],
  )
  world.clock.step(29 * minute)
  await assert.rejects(world.logIn('alice', totp), locked)
  world.clock.step(minute)
  await world.logIn('alice', totp)
})

const elsewhere = (network: number): string => `198.51.${network}.9:50000`

async function guessFrom(world: Awaited<ReturnType<typeof openAuthorityWorld>>, clientAddress: string): Promise<string> {
  const guess = { user: 'alice', password: 'a guess', oneTimePassword: '000000', publicKeyPem, clientAddress }
  return await world.proxy.login(guess).then(
    () => 'in',
    (error: { code: string }) => error.code,
  )
}

test('a stranger who guesses shuts out neither another stranger nor the person', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  for (let attempt = 0; attempt < 5; attempt++) assert.equal(await guessFrom(world, elsewhere(1)), 'LOGIN_REFUSED')
  assert.equal(await guessFrom(world, elsewhere(1)), 'LOGIN_LOCKED')
  assert.equal(await guessFrom(world, '198.51.1.200:1'), 'LOGIN_LOCKED')
  assert.equal(await guessFrom(world, elsewhere(2)), 'LOGIN_REFUSED')
  const person = world.person(await world.logIn('alice', totp))
  await person.client.listDatabases({})
})

test('strangers from everywhere have twenty guesses together, and a person comes in from where they came in before', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  await world.logIn('alice', totp)
  world.clock.step(minute)
  const answers: string[] = []
  for (let attempt = 0; attempt < 40; attempt++) answers.push(await guessFrom(world, elsewhere(attempt)))
  assert.equal(answers.filter((code) => code === 'LOGIN_REFUSED').length, 20)
  assert.equal(answers.filter((code) => code === 'LOGIN_LOCKED').length, 20)
  await assert.rejects(world.logIn('alice', totp, { clientAddress: elsewhere(99) }), locked)
  await world.logIn('alice', totp)
  const [event] = (await world.audited('user.login')).filter(({ locked_out }) => locked_out !== undefined)
  assert.equal(event?.['locked_out'], 'strangers')
  world.clock.step(30 * minute)
  await world.logIn('alice', totp, { clientAddress: elsewhere(99) })
})

test('the network of the person is no way around its own five guesses', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  await world.logIn('alice', totp)
  world.clock.step(minute)
  for (let attempt = 0; attempt < 5; attempt++) assert.equal(await guessFrom(world, '192.0.2.77:1'), 'LOGIN_REFUSED')
  assert.equal(await guessFrom(world, '192.0.2.77:1'), 'LOGIN_LOCKED')
  assert.equal(await guessFrom(world, elsewhere(1)), 'LOGIN_REFUSED')
})

test('a network is known for ninety days', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  await world.logIn('alice', totp)
  world.clock.leap(91 * 24 * 60 * minute)
  for (let attempt = 0; attempt < 20; attempt++) await guessFrom(world, elsewhere(attempt))
  await assert.rejects(world.logIn('alice', totp), locked)
})

test('a name that nobody has is locked in the same way', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  for (let attempt = 0; attempt < 5; attempt++) await assert.rejects(world.logIn('nobody', totp), refused)
  await assert.rejects(world.logIn('nobody', totp), locked)
  world.clock.step(30 * minute)
  await assert.rejects(world.logIn('nobody', totp), refused)
})

test('many guesses at once are not more than five', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  const guesses = Array.from({ length: 20 }, (_, index) => world.logIn('alice', totp, { password: `guess number ${index}` }))
  const outcomes = await Promise.allSettled(guesses)
  const codes = outcomes.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason.code) : 'in'))
  assert.equal(codes.filter((code) => code === 'LOGIN_REFUSED').length, 5)
  assert.equal(codes.filter((code) => code === 'LOGIN_LOCKED').length, 15)
  await assert.rejects(world.logIn('alice', totp), locked)
})

test('failures spread over more than half an hour, or followed by a success, lock nobody', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  for (let attempt = 0; attempt < 8; attempt++) {
    await assert.rejects(world.logIn('alice', totp, { password: 'wrong horse battery' }), refused)
    world.clock.step(10 * minute)
  }
  await world.logIn('alice', totp)
  world.clock.step(minute)
  for (let attempt = 0; attempt < 4; attempt++) await assert.rejects(world.logIn('alice', totp, { code: '000000' }), refused)
  await world.logIn('alice', totp)
  world.clock.step(minute)
  for (let attempt = 0; attempt < 4; attempt++) await assert.rejects(world.logIn('alice', totp, { code: '000000' }), refused)
})

test('a reset unlocks, and takes password and second factor away at once', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  for (let attempt = 0; attempt < 5; attempt++) await assert.rejects(world.logIn('alice', totp, { code: '000000' }), refused)
  await world.admin.createInvite({ user: 'alice', usage: 'reset' })
  await assert.rejects(world.logIn('alice', totp), refused)
})

test('one address is slowed down, whatever names it tries', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  const codes = new Set<string>()
  for (let attempt = 0; attempt < 210; attempt++) {
    await world.proxy
      .login({ user: `user-${attempt}`, password, publicKeyPem, clientAddress: `192.0.2.9:${1000 + attempt}` })
      .catch((error: { code: string }) => codes.add(error.code))
  }
  assert.deepEqual([...codes], ['LOGIN_SECOND_FACTOR_MISSING', 'RATE_LIMITED'])
  await world.logIn('alice', totp)
})

test('a failed login is in the audit log with its reason, and without the password', async () => {
  await using world = await openAuthorityWorld()
  const totp = await world.enrol('alice')
  await assert.rejects(world.logIn('alice', totp, { password: 'a very wrong password' }), refused)
  const [event] = await world.audited('user.login')
  assert.partialDeepStrictEqual(event, {
    code: 'T1000W',
    user: 'alice',
    success: false,
    error_code: 'LOGIN_REFUSED',
    client_address: clientAddress,
  })
  assert(!JSON.stringify(event).includes('a very wrong password'))
})

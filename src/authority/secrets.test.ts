/** The small parts that keep secrets: sealed boxes, password hashes, one-time passwords, rate limits. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Secret, type Randomness } from '#foundation'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import { newOneTimePasswordSecret, stepOfCode } from './one-time-passwords.ts'
import { checkPassword, decoyHash, hashPassword, passwordMatches } from './passwords.ts'
import { openRateLimiter } from './rate-limit.ts'
import { openSealedBox } from './sealed-box.ts'

const randomness: Randomness = { bytes: (length) => new Uint8Array(randomBytes(length)), uuid: () => '', fraction: () => 0 }
const box = openSealedBox(new Secret(new Uint8Array(32).fill(1)), randomness)
const unreadable = { code: 'SECRET_UNREADABLE' }

test('what was sealed comes back, and no two seals are alike', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.string(), (plain, purpose) => {
      const sealed = box.seal(plain, purpose)
      assert.deepEqual(box.open(sealed, purpose), plain)
      assert.notEqual(box.seal(plain, purpose), sealed)
    }),
  )
})

test('a seal opens for its own purpose only', () => {
  const sealed = box.seal(new Uint8Array(20), 'one-time password of alice')
  assert.throws(() => box.open(sealed, 'one-time password of bob'), unreadable)
})

test('a seal with one changed character does not open', () => {
  const sealed = box.seal(new Uint8Array([1, 2, 3]), 'x')
  for (let index = 0; index < sealed.length; index++) {
    const other = sealed[index] === 'A' ? 'B' : 'A'
    // The last character may hold bits that base64 does not use.
    if (index === sealed.length - 1) continue
    assert.throws(() => box.open(sealed.slice(0, index) + other + sealed.slice(index + 1), 'x'), unreadable)
  }
  for (const strange of ['', 'v1.', 'v2.AAAA', sealed.slice(0, 10)]) assert.throws(() => box.open(strange, 'x'), unreadable)
})

test('a key of another length is refused', () => {
  assert.throws(() => openSealedBox(new Secret(new Uint8Array(16)), randomness), { code: 'SECRET_KEY_MALFORMED' })
})

test('a password matches its own hash, however it was typed', async () => {
  const composed = new Secret('caf\u00e9 au lait, sil vous plait')
  const decomposed = new Secret('cafe\u0301 au lait, sil vous plait')
  const hash = await hashPassword(composed, randomness)
  assert.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.equal(await passwordMatches(decomposed, hash), true)
  assert.equal(await passwordMatches(new Secret('cafe au lait, sil vous plait'), hash), false)
})

test('the decoy is a hash like any other', async () => {
  assert.equal(await passwordMatches(new Secret(''), decoyHash), false)
})

// The third test vector of RFC 9106 has a key and data that PHC texts do not carry; this one is of the reference implementation.
test('a hash of another implementation is understood', async () => {
  const phc = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  assert.equal(await passwordMatches(new Secret('password'), phc), true)
})

for (const [sentence, password, accepted] of [
  ['eleven characters', 'a'.repeat(11), false],
  ['twelve characters', 'a'.repeat(12), true],
  ['128 characters', 'a'.repeat(128), true],
  ['129 characters', 'a'.repeat(129), false],
] as const) {
  test(`a password of ${sentence} is ${accepted ? 'accepted' : 'refused'}`, () => {
    const check = () => checkPassword(new Secret(password))
    if (accepted) check()
    else assert.throws(check, { code: 'PASSWORD_LENGTH_REFUSED' })
  })
}

// RFC 6238, appendix B, with SHA-1; the last six of the eight digits printed there.
const vectorSecret = new TextEncoder().encode('12345678901234567890')

for (const [seconds, code] of [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_234_567_890, '005924'],
  [20_000_000_000, '353130'],
] as const) {
  test(`the code at ${seconds} s is that of RFC 6238`, () => {
    const step = Math.floor(seconds / 30)
    const at = (change: number) => stepOfCode(new Secret(code), vectorSecret, new Date((seconds + change) * 1000))
    assert.deepEqual([at(0), at(-30), at(30), at(-60), at(60)], [step, step, step, undefined, undefined])
  })
}

test('a code may be typed with a blank in it, and is nothing else than six digits', () => {
  const now = new Date(59_000)
  assert.equal(stepOfCode(new Secret('287 082'), vectorSecret, now), 1)
  for (const wrong of ['', '28708', '2870820', 'abcdef', '２８７０８２', '-87082']) {
    assert.equal(stepOfCode(new Secret(wrong), vectorSecret, now), undefined)
  }
})

test('secrets have 160 bits', () => assert.equal(newOneTimePasswordSecret(randomness).length, 20))

test('an address may burst, then calls at its rate, and others are not slowed down', () => {
  const clock = new SteppedClock()
  const limiter = openRateLimiter({ clock, callsPerMinute: 20, burst: 40 })
  const taken = (key: string): boolean => {
    try {
      limiter.take(key)
      return true
    } catch {
      return false
    }
  }
  const count = (key: string): number => Array.from({ length: 100 }, () => taken(key)).filter(Boolean).length
  assert.equal(count('a'), 40)
  assert.equal(count('b'), 40)
  clock.step(30_000)
  assert.equal(count('a'), 10)
  clock.step(3_600_000)
  assert.equal(count('a'), 40)
})

/** Guessing cancel keys: one network has one bucket, however many addresses it has. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CancelCall } from '#tunnel'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import { openCancelDesk } from './cancel-desk.ts'

const silent = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

function rig() {
  const clock = new SteppedClock()
  const asked: string[] = []
  const cancel = async ({ clientAddress, secretKeyHex }: CancelCall): Promise<boolean> => {
    asked.push(clientAddress)
    return secretKeyHex === 'right'
  }
  const desk = openCancelDesk({ hub: { cancel }, clock, log: silent })
  const guess = (clientAddress: string, secretKeyHex = 'wrong') => desk.cancel({ processId: 1, secretKeyHex, clientAddress })
  return { clock, asked, guess }
}

for (const [what, addressOf, passed] of [
  ['ports of one IPv4 address', (index: number) => `192.0.2.1:${index + 1}`, 20],
  ['addresses of one IPv6 network', (index: number) => `[2001:db8::${(index + 1).toString(16)}]:5000`, 20],
  ['one IPv4 address, written as IPv6 at times', (index: number) => (index % 2 === 0 ? '192.0.2.1:1' : '[::ffff:192.0.2.1]:1'), 20],
  ['different IPv4 addresses', (index: number) => `192.0.2.${index}:1`, 100],
] as const) {
  test(`100 wrong keys from ${what}: ${passed} reach the agents`, async () => {
    const { asked, guess } = rig()
    for (let index = 0; index < 100; index++) assert.equal(await guess(addressOf(index)), false)
    assert.equal(asked.length, passed)
  })
}

test('right keys cost nothing, and a bucket refills with time', async () => {
  const { clock, guess } = rig()
  for (let count = 0; count < 100; count++) assert.equal(await guess('192.0.2.1:1', 'right'), true)
  for (let count = 0; count < 20; count++) await guess('192.0.2.1:1')
  assert.equal(await guess('192.0.2.1:1', 'right'), false)
  clock.step(1_000)
  assert.equal(await guess('192.0.2.1:1', 'right'), true)
})

test('a flood of other networks does not refill a bucket that is in use', async () => {
  const { asked, guess } = rig()
  for (let index = 0; index < 30_000; index++) {
    if (index % 1000 === 0) await guess('192.0.2.1:1')
    await guess(`[2001:db8:${(index >> 8).toString(16)}:${(index & 255).toString(16)}::1]:1`)
  }
  assert.equal(asked.filter((address) => address === '192.0.2.1:1').length, 20)
})

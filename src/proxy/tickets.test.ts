/** Tickets: one use, fifteen seconds, and not more of them than somebody could be waiting for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '#foundation'
import { memoryPair, nodeRandomness } from '#world'
import { SteppedClock } from '../../test/worlds/stepped-clock.ts'
import { openTickets } from './tickets.ts'

function openDesk() {
  const clock = new SteppedClock()
  return { clock, tickets: openTickets({ clock, randomness: nodeRandomness }) }
}

const connection = (): Connection => memoryPair('agent')[0]

test('a ticket gives the connection it was issued for, once', () => {
  const { tickets, clock } = openDesk()
  const waiting = connection()
  const { ticket, serverName } = tickets.issue(waiting)
  assert.equal(serverName, `${ticket}.relay.portunus.internal`)
  assert.match(ticket, /^[0-9a-f]{32}$/)
  assert.equal(tickets.redeem(serverName), waiting)
  assert.equal(tickets.redeem(serverName), undefined)
  assert.equal(clock.waiting(), 0)
})

test('a ticket is good for fifteen seconds; then its connection is closed', () => {
  const { tickets, clock } = openDesk()
  const [early, late] = [connection(), connection()]
  const earlyName = tickets.issue(early).serverName
  const lateName = tickets.issue(late).serverName
  clock.step(14_999)
  assert.equal(tickets.redeem(earlyName), early)
  clock.step(1)
  assert.equal(tickets.redeem(lateName), undefined)
  assert.equal(late.stream.destroyed, true)
  assert.equal(early.stream.destroyed, false)
})

for (const invented of [
  '',
  'x',
  '.relay.portunus.internal',
  '__proto__.relay.portunus.internal',
  `${'0'.repeat(32)}.relay.portunus.internal`,
]) {
  test(`nobody issued "${invented}"`, () => {
    const { tickets } = openDesk()
    tickets.issue(connection())
    assert.equal(tickets.redeem(invented), undefined)
  })
}

test('a ticket is only known under its whole name', () => {
  const { tickets } = openDesk()
  const { ticket } = tickets.issue(connection())
  for (const name of [ticket, `${ticket}.relay.portunus.internal.example.com`, `a.${ticket}.relay.portunus.internal`]) {
    assert.equal(tickets.redeem(name), undefined)
  }
})

test('beyond ten thousand unredeemed tickets none is issued, until one is redeemed', () => {
  const { tickets } = openDesk()
  const issued = Array.from({ length: 10_000 }, () => tickets.issue(connection()))
  const refused = connection()
  assert.throws(() => tickets.issue(refused), { code: 'TICKETS_EXHAUSTED', category: 'limit-exceeded' })
  assert.equal(refused.stream.destroyed, true)
  assert.ok(tickets.redeem(issued[7]?.serverName ?? ''))
  assert.ok(tickets.issue(connection()))
})

test('a proxy that stops closes the connections nobody came for', () => {
  const { tickets } = openDesk()
  const waiting = connection()
  tickets.issue(waiting)
  tickets[Symbol.dispose]()
  assert.equal(waiting.stream.destroyed, true)
})

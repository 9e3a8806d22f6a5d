/** When records are written: at the end of the turn for those something waits for, a moment later for the rest. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAuditTurn } from './audit-turn.ts'

function rig(flush: () => void = () => {}) {
  const turns: (() => void)[] = []
  const timers: (() => void)[] = []
  const told: string[] = []
  let flushes = 0
  const flushSync = (): void => {
    flushes += 1
    flush()
  }
  const timer = (_milliseconds: number, callback: () => void): Disposable => {
    timers.push(callback)
    return { [Symbol.dispose]() {} }
  }
  const turn = openAuditTurn({ flushSync }, (run) => void turns.push(run), { timer })
  const tell =
    (name: string) =>
    (error: unknown): void =>
      void told.push(error === undefined ? name : `${name} failed`)
  return {
    turn,
    told,
    tell,
    flushes: () => flushes,
    endTurn: () => turns.splice(0).forEach((run) => run()),
    passTime: () => timers.splice(0).forEach((run) => run()),
    timers,
  }
}

test('what was answered goes along with the next statement, in one write', () => {
  const { turn, told, tell, flushes, endTurn, passTime } = rig()
  turn.writeSoon(tell('answer'))
  assert.equal(flushes(), 0)
  turn.afterWrite(tell('statement'))
  endTurn()
  assert.deepEqual([told, flushes()], [['answer', 'statement'], 1])
  passTime()
  assert.equal(flushes(), 1)
})

test('what was answered last is written by itself a moment later, once', () => {
  const { turn, told, tell, flushes, passTime, timers } = rig()
  turn.writeSoon(tell('first'))
  turn.writeSoon(tell('second'))
  assert.equal(timers.length, 1)
  passTime()
  assert.deepEqual([told, flushes()], [['first', 'second'], 1])
  turn.writeSoon(tell('third'))
  passTime()
  assert.deepEqual([told.at(-1), flushes()], ['third', 2])
})

test('a failed write is told to all who waited', () => {
  const { turn, told, tell, endTurn } = rig(() => {
    throw new Error('disk full')
  })
  turn.writeSoon(tell('answer'))
  turn.afterWrite(tell('statement'))
  endTurn()
  assert.deepEqual(told, ['answer failed', 'statement failed'])
})

/** Selectors of agents. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { selectsLabels } from './label-selector.ts'

const rows: readonly (readonly [Readonly<Record<string, readonly string[]>>, Readonly<Record<string, string>>, boolean])[] = [
  [{}, {}, false],
  [{ '*': ['*'] }, {}, true],
  [{ env: ['dev'] }, { env: 'dev', team: 'x' }, true],
  [{ env: ['dev', 'stage*'] }, { env: 'stage-2' }, true],
  [{ env: ['^d.v$'] }, { env: 'dev' }, true],
  [{ env: ['dev'], team: ['x'] }, { env: 'dev' }, false],
  [{ env: ['{{internal.env}}'] }, { env: '' }, false],
]

for (const [selector, labels, expected] of rows) {
  test(`${JSON.stringify(selector)} ${expected ? 'selects' : 'passes over'} ${JSON.stringify(labels)}`, () =>
    assert.equal(selectsLabels(selector, labels), expected))
}

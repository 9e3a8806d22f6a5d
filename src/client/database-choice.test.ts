/** Which database a command means. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseFromList, discoveredNameLabel, planChoice, type ChoicePurpose, type DatabaseSelector } from './database-choice.ts'
import { databaseQuery } from './database-query.ts'

const plans: readonly (readonly [string, DatabaseSelector, readonly string[], ChoicePurpose, string])[] = [
  ['nothing typed, logged into one: that one', { labels: {} }, ['a'], 'reach', 'active a'],
  ['nothing typed, logged into several', { labels: {} }, ['a', 'b'], 'reach', 'Cannot tell which database is meant: logged into "a", "b"'],
  ['nothing typed, logged into none', { labels: {} }, [], 'reach', 'Cannot tell which database is meant: none was named'],
  [
    'nothing typed for env, logged into none',
    { labels: {} },
    [],
    'describe',
    'Cannot tell which database is meant: not logged into any database',
  ],
  ['a name one is logged into needs no list', { name: 'a', labels: {} }, ['a', 'b'], 'reach', 'active a'],
  ['another name does', { name: 'c', labels: {} }, ['a', 'b'], 'reach', 'list'],
  ['a query always does', { labels: {}, query: databaseQuery('true') }, ['a'], 'reach', 'list'],
  ['labels always do', { labels: { env: 'dev' } }, ['a'], 'reach', 'list'],
  ['a name with labels too', { name: 'a', labels: { env: 'dev' } }, ['a'], 'reach', 'list'],
]

for (const [sentence, selector, active, purpose, expected] of plans) {
  test(sentence, () => {
    if (expected.startsWith('Cannot')) {
      assert.throws(() => planChoice(selector, active, purpose), { message: expected, code: 'DATABASE_NOT_CHOSEN' })
      return
    }
    const plan = planChoice(selector, active, purpose)
    assert.equal(plan.kind === 'active' ? `active ${plan.name}` : plan.kind, expected)
  })
}

const listed = [
  { name: 'orders', labels: { env: 'dev' } },
  { name: 'orders-rds-eu-1', labels: { env: 'prod', [discoveredNameLabel]: 'orders' } },
  { name: 'sales-rds-eu-1', labels: { env: 'prod', [discoveredNameLabel]: 'sales' } },
  { name: 'stock-a', labels: { env: 'dev', [discoveredNameLabel]: 'stock' } },
  { name: 'stock-b', labels: { env: 'prod', [discoveredNameLabel]: 'stock' } },
]

const choices: readonly (readonly [string, DatabaseSelector, readonly string[], string])[] = [
  ['a name nobody has', { name: 'none', labels: {} }, [], 'database "none" not found'],
  ['a name is never a prefix', { name: 'sales-rds', labels: {} }, [], 'database "sales-rds" not found'],
  ['labels nobody has', { labels: { env: 'test' } }, [], 'database with labels "env=test" not found'],
  [
    'a name with labels that others have',
    { name: 'orders', labels: { env: 'test' } },
    [],
    'database "orders" with labels "env=test" not found',
  ],
  ['labels that several have', { labels: { env: 'prod' } }, [], 'database with labels "env=prod" matches multiple databases'],
  ['a short name that several have', { name: 'stock', labels: {} }, [], 'database "stock" matches multiple databases'],
  ['an exact name wins over a short one', { name: 'orders', labels: {} }, [], 'orders'],
  ['a short name that only one has', { name: 'sales', labels: {} }, [], 'sales-rds-eu-1'],
  ['labels tell two short names apart', { name: 'stock', labels: { env: 'prod' } }, [], 'stock-b'],
  ['the one that one is logged into comes first', { name: 'stock', labels: {} }, ['stock-a'], 'stock-a'],
  ['also among labels', { labels: { env: 'prod' } }, ['sales-rds-eu-1'], 'sales-rds-eu-1'],
]

for (const [sentence, selector, active, expected] of choices) {
  test(sentence, () => {
    if (expected.includes(' '))
      assert.throws(() => chooseFromList(selector, listed, active), { message: `Cannot choose a database: ${expected}` })
    else assert.equal(chooseFromList(selector, listed, active).name, expected)
  })
}

/** The language of `--query`. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PortunusError } from '#foundation'
import { databaseQuery } from './database-query.ts'

const orders = {
  name: 'orders-eu',
  labels: { env: 'dev', teams: 'data, web', empty: '' },
  resource: { spec: { protocol: 'postgres', aws: { region: 'eu-west-1' }, port: 5439, dynamic: true } },
  searchable: ['orders-eu', 'Rows of all Orders'],
}

const matches: readonly (readonly [string, boolean])[] = [
  ['name == "orders-eu"', true],
  ['name != "orders-eu"', false],
  ["name == 'orders-eu'", true],
  ['name == `orders-eu`', true],
  ['"orders-eu" == name', true],
  ['labels["env"] == "dev"', true],
  ['labels.env == "dev"', true],
  ['labels["missing"] == "dev"', false],
  ['labels["missing"] != "dev"', true],
  ['labels["toString"] == ""', true],
  ['equals(labels["env"], "dev")', true],
  ['equals(name, "x")', false],
  ['exists(labels["empty"])', true],
  ['exists(labels["missing"])', false],
  ['!exists(labels["missing"])', true],
  ['!(name == "x") && labels.env == "dev"', true],
  ['name == "x" || name == "orders-eu"', true],
  ['true || false && false', true],
  ['(true || false) && false', false],
  ['!true || true', true],
  ['hasPrefix(name, "orders")', true],
  ['hasPrefix(name, "eu")', false],
  ['contains(split(labels["teams"], ","), "web")', true],
  ['contains(split(labels["teams"], ","), "we")', false],
  ['contains(name, "ders")', true],
  ['search("ORDERS", "rows")', true],
  ['search("orders", "columns")', false],
  ['resource.spec.protocol == "postgres"', true],
  ['resource.spec.aws.region == "eu-west-1"', true],
  ['resource["spec"]["aws"].region == "us-east-1"', false],
  ['resource.spec.port == "5439"', true],
  ['resource.spec.dynamic', true],
  ['resource.spec.dynamic == true', true],
  ['resource.spec.nothing.there == ""', true],
  ['exists(resource.spec.nothing)', false],
  ['name == "a \\"quoted\\" word"', false],
]

for (const [query, expected] of matches) {
  test(`${query} is ${expected} of the example`, () => assert.equal(databaseQuery(query).matches(orders), expected))
}

const refusals: readonly (readonly [string, number, RegExp])[] = [
  ['', 1, /it ends where name, labels/],
  ['name', 1, /a condition was expected/],
  ['labels["env"]', 1, /a condition was expected/],
  ['true && name', 9, /a condition was expected/],
  ['name == "x" &&', 15, /it ends where/],
  ['name = "x"', 6, /"=" stands alone, write it twice/],
  ['name == "x', 9, /no closing quote/],
  ['name == x', 9, /"x" is unknown/],
  ['nmae == "x"', 1, /"nmae" is unknown, known are name, labels/],
  ['labels == "x"', 8, /"==" stands where \["key"\] was expected/],
  ['labels[env] == "x"', 8, /a key in quotes/],
  ['labels["env" == "x"', 14, /"\]" was expected/],
  ['hasPrefix(name)', 1, /takes 2 values, not 1/],
  ['exists()', 8, /"\)" stands where/],
  ['(name == "x"', 13, /it ends where "\)"/],
  ['name == "x" name', 13, /an operator such as/],
  ['name == "x" # y', 13, /"#" has no meaning/],
  [`${'('.repeat(500)}true${')'.repeat(500)}`, 101, /nested too deeply/],
]

for (const [query, position, problem] of refusals) {
  test(`${query.slice(0, 40)} is refused at position ${position}`, () => {
    assert.throws(
      () => databaseQuery(query),
      (error) => {
        assert.ok(error instanceof PortunusError)
        assert.equal(error.code, 'DATABASE_QUERY_MALFORMED')
        assert.deepEqual(error.details, { position })
        assert.match(error.message, problem)
        return true
      },
    )
  })
}

test('every text is either a query or refused with its position', () => {
  const words = fc.constantFrom(
    'name',
    'labels',
    '["env"]',
    '.x',
    '==',
    '!=',
    '&&',
    '||',
    '!',
    '(',
    ')',
    ',',
    '"v"',
    'exists',
    'split',
    ' ',
    '\\',
    '"',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(words).map((parts) => parts.join('')),
      ),
      (text) => {
        try {
          assert.equal(typeof databaseQuery(text).matches(orders), 'boolean')
        } catch (error) {
          assert.ok(error instanceof PortunusError && error.code === 'DATABASE_QUERY_MALFORMED', String(error))
        }
      },
    ),
  )
})

/** The lab's command line: its flags, its defaults and what it refuses. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PortunusError } from '#foundation'
import { parseCommandLine } from './command-line.ts'

test('without flags the lab takes free ports and its defaults', () => {
  const command = parseCommandLine([])
  assert.deepEqual(command, { kind: 'run', options: { awsPort: 0, redshiftPort: 0 }, jsonFile: undefined, verbose: false })
})

test('every flag is understood', () => {
  const flags = '--json f --region cn-north-1 --account 111111111111 --cluster-id c-1 --aws-port 1 --redshift-port=65535 --verbose'
  assert.deepEqual(parseCommandLine(flags.split(' ')), {
    kind: 'run',
    options: { region: 'cn-north-1', accountId: '111111111111', clusterId: 'c-1', awsPort: 1, redshiftPort: 65_535 },
    jsonFile: 'f',
    verbose: true,
  })
})

const refusals: readonly [string, readonly string[], RegExp][] = [
  ['a short account', ['--account', '12'], /^Cannot use "12" for --account: expected 12 digits$/],
  ['a port that is none', ['--aws-port', '70000'], /^Cannot use "70000" for --aws-port: expected a port, 0 to 65535$/],
  ['a region that is none', ['--region', 'US East'], /^Cannot use "US East" for --region: /],
  ['a cluster id with a slash', ['--cluster-id', 'a/b'], /^Cannot use "a\/b" for --cluster-id: /],
  ['an empty file name', ['--json', ''], /^Cannot use "" for --json: /],
  ['a flag without its value', ['--json'], /^Cannot read the flags "--json": /],
  ['a word too many', ['now'], /^Cannot read the flags "now": Unexpected argument 'now'$/],
]
for (const [what, words, expected] of refusals) {
  test(`refuses ${what}`, () => {
    assert.throws(
      () => parseCommandLine(words),
      (error) => error instanceof PortunusError && error.code === 'LAB_FLAGS_REFUSED' && expected.test(error.message),
    )
  })
}

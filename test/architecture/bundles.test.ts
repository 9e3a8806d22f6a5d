/** What a program loads before it knows its command: little, and never the AWS SDK or the X.509 library. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundlePrograms } from '../../scripts/bundle-programs.ts'

const lazyOnly = /^(?:@aws-sdk|@smithy|@aws-crypto|@peculiar)\/|^reflect-metadata$/
const startupBytesMax: Readonly<Record<string, number>> = { tsh: 800_000, tctl: 1_500_000, teleport: 2_500_000 }

const built = await bundlePrograms({ write: false })

for (const { name, startupBytes, startupPackages } of built) {
  test(`${name} starts without the heavy libraries`, () =>
    assert.deepEqual(
      startupPackages.filter((each) => lazyOnly.test(each)),
      [],
    ))
  test(`${name} loads little at start`, () => assert(startupBytes < (startupBytesMax[name] ?? 0), `${startupBytes} bytes`))
}

/**
 * `npm test`: the checks, then the unit and architecture tests, then a build and the end-to-end tests.
 * `npm test -- access tickets` runs only the test files whose path contains one of the words, and no checks.
 */
import { availableParallelism } from 'node:os'
import { bundlePrograms } from './bundle-programs.ts'
import { bundleWeb } from './bundle-web.ts'
import { runChecks } from './checks.ts'
import { runTestFiles } from './run-test-files.ts'
import { testFiles } from './test-files.ts'

const words = process.argv.slice(2)
const wanted = (file: string): boolean => words.length === 0 || words.some((word) => file.includes(word.replace(/^\.\//, '')))

const quick = [...(await testFiles('architecture')), ...(await testFiles('unit'))].filter(wanted)
const endToEnd = (await testFiles('end-to-end')).filter(wanted)
if (quick.length + endToEnd.length === 0) {
  console.error(`ERROR: Cannot run tests: no test file has "${words.join('" or "')}" in its path`)
  process.exit(1)
}

if (words.length === 0 && !(await runChecks())) {
  console.error('The checks failed; the tests have not been run.')
  process.exit(1)
}
if (endToEnd.length > 0) {
  await bundlePrograms()
  await bundleWeb()
}
const passed = await runTestFiles([
  { files: quick, concurrency: availableParallelism(), timeoutMilliseconds: 120_000 },
  // These start whole clusters; two at once would only measure each other.
  { files: endToEnd, concurrency: 1, timeoutMilliseconds: 600_000 },
])
process.exit(passed ? 0 : 1)

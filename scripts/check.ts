/** `npm run check`: types, lint, format and the architecture tests, in a few seconds. */
import { runChecks } from './checks.ts'
import { runTestFiles } from './run-test-files.ts'
import { testFiles } from './test-files.ts'

const passed = await runChecks()
const kept = await runTestFiles([{ files: await testFiles('architecture'), concurrency: 2, timeoutMilliseconds: 60_000 }])
process.exit(passed && kept ? 0 : 1)

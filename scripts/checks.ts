/** The checks that need no test runner: types, lint, format. Each is one command, and they run side by side. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './bundle-programs.ts'

interface Check {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  /** What to run when it fails, where that is not obvious. */
  readonly remedy?: string
}

const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'types of the web UI', command: ['tsc', '-p', 'web/tsconfig.json'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'unused code', command: ['knip', '--no-progress', '--no-config-hints'] },
  { name: 'format', command: ['oxfmt', '--check'], remedy: 'npm run format' },
]

/** Runs them all and prints a line for each, and what a failed one said. Resolves with whether all passed. */
export async function runChecks(): Promise<boolean> {
  const results = await Promise.all(checks.map(runCheck))
  return results.every((passed) => passed)
}

async function runCheck(check: Check): Promise<boolean> {
  const startedAt = performance.now()
  const [program, ...commandArguments] = check.command
  const child = spawn(join(root, 'node_modules', '.bin', program), commandArguments, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
  const exitCode = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve))
  const passed = exitCode === 0
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${check.name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
  if (!passed)
    console.log([output.trim(), check.remedy === undefined ? '' : `to mend it: ${check.remedy}`].filter((text) => text !== '').join('\n'))
  return passed
}

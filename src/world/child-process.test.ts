/** Programs whose output goes to a file. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { runChildIntoFile } from './child-process.ts'

const directory = await mkdtemp(join(tmpdir(), 'child-'))
after(() => rm(directory, { recursive: true }))

test('both streams come into a private file in order, and the exit code is its own', async () => {
  const outputPath = join(directory, 'both')
  const ran = await runChildIntoFile('sh', ['-c', 'echo $WORD; echo two >&2; echo three; exit 7'], {
    outputPath,
    environment: { WORD: 'one' },
  })
  assert.deepEqual(ran, { exitCode: 7 })
  assert.equal(await readFile(outputPath, 'utf8'), 'one\ntwo\nthree\n')
  assert.equal((await stat(outputPath)).mode & 0o777, 0o600)
})

test('an abort interrupts the program', async () => {
  const outputPath = join(directory, 'slow')
  const ran = await runChildIntoFile('sleep', ['60'], { outputPath, signal: AbortSignal.timeout(50) })
  assert.deepEqual(ran, { exitCode: 130 })
})

test('a missing program and an output that exists are told apart', async () => {
  const outputPath = join(directory, 'kept')
  await assert.rejects(runChildIntoFile('no-such-program', [], { outputPath }), { code: 'PROGRAM_NOT_FOUND' })
  await writeFile(join(directory, 'there'), '')
  await assert.rejects(async () => runChildIntoFile('true', [], { outputPath: join(directory, 'there') }), {
    code: 'PROGRAM_OUTPUT_REFUSED',
  })
})

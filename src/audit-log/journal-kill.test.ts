/** Real processes killed while they write a journal. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openAuditJournal } from './open-audit-journal.ts'
import { openNodeJournalFile } from './testing/node-journal-file.ts'
import { shipAll } from './testing/open-journal.ts'
import { keepingLog } from './testing/samples.ts'

const lives = 6
const child = fileURLToPath(new URL('testing/journal-child.ts', import.meta.url))

/** Lets an agent in miniature run until it has forwarded that many statements, kills it, and returns what it forwarded. */
async function liveAndDie(directory: string, life: number, statements: number): Promise<readonly string[]> {
  const agent = spawn(process.execPath, [child, directory, String(life)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  agent.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
    if (said.length / 37 >= statements) agent.kill('SIGKILL')
  })
  const [, signal]: unknown[] = await once(agent, 'close')
  assert.equal(signal, 'SIGKILL')
  return said.split('\n').slice(0, -1)
}

test('an agent killed again and again loses no statement that it had forwarded', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'portunus-journal-'))
  const forwarded: string[] = []
  for (let life = 1; life <= lives; life++) forwarded.push(...(await liveAndDie(directory, life, 200 * life + 37)))
  const journal = openAuditJournal({
    file: openNodeJournalFile(join(directory, 'journal')),
    spareFile: openNodeJournalFile(join(directory, 'spare')),
    acknowledgedFile: openNodeJournalFile(join(directory, 'acknowledged')),
    log: keepingLog(),
  })
  const left = (await shipAll(journal, { acknowledge: true })).map(({ uid }) => uid)
  await journal[Symbol.asyncDispose]()
  const received = new Set([...readFileSync(join(directory, 'received'), 'utf8').split('\n'), ...left])
  const lost = forwarded.filter((uid) => !received.has(uid))
  assert.ok(forwarded.length > 1000 && received.size > left.length)
  assert.deepEqual(lost, [])
  rmSync(directory, { recursive: true })
})

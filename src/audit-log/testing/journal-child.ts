/**
 * An agent in miniature, made to be killed: `node journal-child.ts DIRECTORY LIFE`.
 * Says on standard output which statements it has forwarded, ships to the file `received`, and never ends by itself.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openAuditJournal } from '../open-audit-journal.ts'
import { openNodeJournalFile } from './node-journal-file.ts'
import { HurryingClock } from './open-journal.ts'
import { keepingLog, statement, uidOf } from './samples.ts'

const [directory = '', life = '1'] = process.argv.slice(2)
const journal = openAuditJournal({
  file: openNodeJournalFile(join(directory, 'journal')),
  spareFile: openNodeJournalFile(join(directory, 'spare')),
  acknowledgedFile: openNodeJournalFile(join(directory, 'acknowledged')),
  log: keepingLog(),
  compactBytesMin: 20_000,
})

const shipping = journal.ship(
  async (events) => {
    fs.appendFileSync(join(directory, 'received'), events.map(({ uid }) => `${uid}\n`).join(''))
    await sleep(1)
  },
  { signal: new AbortController().signal, clock: new HurryingClock() },
)

let number = Number(life) * 1_000_000
const running: number[] = []
for (;;) {
  const begun = Array.from({ length: 5 }, () => number++)
  for (const next of begun)
    journal.beginStatement({ uid: uidOf(next), provisional: statement(next, 'unknown', `SELECT '${'x'.repeat(next % 500)}'`) })
  journal.flushSync()
  fs.writeSync(1, begun.map((next) => `${uidOf(next)}\n`).join(''))
  running.push(...begun)
  while (running.length > 7) journal.finishStatement(statement(running.shift() ?? 0))
  await Promise.race([shipping, new Promise((resolve) => setImmediate(resolve))])
}

/** That a log nobody reads any more, of either form, leaves the process alone. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import assert from 'node:assert/strict'

const program = `
  import { openLog } from ${JSON.stringify(new URL('log.ts', import.meta.url).href)}
  process.on('uncaughtException', () => process.exit(3))
  const log = openLog({ level: 'info', format: process.argv[1] })
  log.info('first')
  process.stdin.resume().once('end', () => {
    for (const word of ['second', 'third', 'fourth']) log.info(word)
    setTimeout(() => process.exit(0), 100)
  })
`

for (const format of ['text', 'json']) {
  test(`a log of ${format} whose reader has gone neither ends nor occupies the process`, async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program, format], { stdio: ['pipe', 'ignore', 'pipe'] })
    const [said] = (await once(child.stderr, 'data')) as [Buffer]
    assert.match(said.toString('utf8'), /first/)
    child.stderr.destroy()
    await once(child.stderr, 'close')
    child.stdin.end()
    const [exitCode] = (await once(child, 'exit')) as [number | null]
    assert.equal(exitCode, 0)
  })
}

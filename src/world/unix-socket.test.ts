/** Unix sockets as the Network port. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { spawnSync } from 'node:child_process'
import { nodeNetwork } from './network.ts'

const directory = await mkdtemp(join(tmpdir(), 'unix-'))
after(() => rm(directory, { recursive: true }))

test('a socket is private, serves, and goes with its listener', async () => {
  const path = join(directory, 'one')
  const mask = process.umask()
  const listener = await nodeNetwork.listenUnix(path, ({ stream }) => stream.end('hello'))
  assert.equal(process.umask(), mask)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const heard = await new Promise<string>((resolve, reject) => {
    net
      .connect({ path })
      .once('data', (chunk) => resolve(String(chunk)))
      .once('error', reject)
  })
  assert.equal(heard, 'hello')
  await assert.rejects(
    nodeNetwork.listenUnix(path, () => {}),
    { code: 'NETWORK_SOCKET_IN_USE' },
  )
  await listener[Symbol.asyncDispose]()
  await assert.rejects(stat(path))
})

test('a socket that a dead process left is replaced', async () => {
  const path = join(directory, 'dead')
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  assert.ok((await stat(path)).isSocket())
  await using _listener = await nodeNetwork.listenUnix(path, () => {})
  assert.ok((await stat(path)).isSocket())
})

test('a path that is too long is refused in words', async () => {
  await assert.rejects(
    nodeNetwork.listenUnix(join(directory, 'x'.repeat(120)), () => {}),
    /longer than 103 bytes/,
  )
})

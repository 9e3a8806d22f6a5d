/** Files on a real file system: atomic writes, private modes, exclusive creation, and errors that name the path. */
import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { PortunusError } from '#foundation'
import { nodeFiles } from './files.ts'

let directory: string
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'portunus-files-'))
})
after(() => rm(directory, { recursive: true, force: true }))

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}

describe('writing', () => {
  test('makes the file and its directories private, whatever the umask', async () => {
    const before = process.umask(0o077)
    try {
      await nodeFiles.writeText(join(directory, 'deep', 'er', 'secret'), 'text')
      await nodeFiles.writeText(join(directory, 'shown'), 'text', { mode: 0o644 })
    } finally {
      process.umask(before)
    }
    assert.equal(await modeOf(join(directory, 'deep')), 0o700)
    assert.equal(await modeOf(join(directory, 'deep', 'er', 'secret')), 0o600)
    assert.equal(await modeOf(join(directory, 'shown')), 0o644)
  })

  test('replaces the text and the mode, and leaves nothing else behind', async () => {
    const path = join(directory, 'replaced', 'file')
    await nodeFiles.writeText(path, 'old', { mode: 0o644 })
    await nodeFiles.writeText(path, 'new')
    assert.equal(await readFile(path, 'utf8'), 'new')
    assert.equal(await modeOf(path), 0o600)
    assert.deepEqual(await readdir(join(directory, 'replaced')), ['file'])
  })

  test('shows a reader the whole old text or a whole new one, never a part', async () => {
    const path = join(directory, 'atomic')
    const texts = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(200_000))
    await nodeFiles.writeText(path, texts[0] ?? '')
    const writing = new AbortController()
    const readings = (async () => {
      while (!writing.signal.aborted) assert.ok(texts.includes(await nodeFiles.readText(path)))
    })()
    for (let round = 0; round < 4; round++) await Promise.all(texts.map((text) => nodeFiles.writeText(path, text)))
    writing.abort()
    await readings
    assert.ok(texts.includes(await nodeFiles.readText(path)))
  })

  test('does not stumble over what a process of the same id that died while writing has left', async () => {
    const path = join(directory, 'left', 'file')
    await mkdir(join(directory, 'left'))
    for (let count = 0; count < 200; count++) await writeFile(`${path}.${process.pid}.${count}.tmp`, 'half')
    await nodeFiles.writeText(path, 'whole')
    assert.equal(await readFile(path, 'utf8'), 'whole')
  })

  test('replaces a symbolic link instead of what it points to', async () => {
    const target = join(directory, 'target')
    await writeFile(target, 'untouched')
    await symlink(target, join(directory, 'link'))
    await nodeFiles.writeText(join(directory, 'link'), 'new')
    assert.equal(await readFile(target, 'utf8'), 'untouched')
  })

  test('exclusively, makes a new file and refuses one that is there, under any name', async () => {
    const path = join(directory, 'once')
    await nodeFiles.writeText(path, 'first', { exclusive: true })
    await assert.rejects(nodeFiles.writeText(path, 'second', { exclusive: true }), { code: 'FILE_EXISTS', category: 'already-exists' })
    assert.equal(await readFile(path, 'utf8'), 'first')
    await symlink(join(directory, 'nowhere'), join(directory, 'dangling'))
    await assert.rejects(nodeFiles.writeText(join(directory, 'dangling'), 'x', { exclusive: true }), { code: 'FILE_EXISTS' })
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) => nodeFiles.writeText(join(directory, 'race'), String(index), { exclusive: true })),
    )
    assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  })
})

describe('reading', () => {
  test('gives text, bytes, names and information', async () => {
    const path = join(directory, 'reading', 'umläut')
    await nodeFiles.writeText(path, 'grüße')
    assert.equal(await nodeFiles.readText(path), 'grüße')
    assert.equal(await nodeFiles.readTextIfPresent(path), 'grüße')
    assert.deepEqual(await nodeFiles.readBytes(path), new Uint8Array(Buffer.from('grüße')))
    assert.deepEqual(await nodeFiles.list(join(directory, 'reading')), ['umläut'])
    const information = await nodeFiles.information(path)
    assert.deepEqual([information?.kind, information?.sizeBytes, information?.mode], ['file', 7, 0o600])
    assert.equal((await nodeFiles.information(directory))?.kind, 'directory')
  })

  test('takes what is missing for missing, where that may be', async () => {
    const missing = join(directory, 'missing')
    assert.equal(await nodeFiles.readTextIfPresent(missing), undefined)
    assert.deepEqual(await nodeFiles.list(missing), [])
    assert.equal(await nodeFiles.information(missing), undefined)
    assert.equal(await nodeFiles.information(join(directory, 'once', 'below-a-file')), undefined)
    await nodeFiles.remove(missing)
    await nodeFiles.removeDirectory(missing)
  })
})

test('removing takes away a file, and a directory with all that is in it', async () => {
  const path = join(directory, 'removed', 'deep', 'file')
  await nodeFiles.writeText(path, 'x')
  await nodeFiles.remove(path)
  assert.equal(await nodeFiles.information(path), undefined)
  await nodeFiles.removeDirectory(join(directory, 'removed'))
  assert.equal(await nodeFiles.information(join(directory, 'removed')), undefined)
})

describe('a failure names the path and what was attempted', () => {
  const failures: readonly (readonly [string, () => Promise<unknown>, string, string])[] = [
    ['reading nothing', () => nodeFiles.readText(join(directory, 'missing')), 'FILE_NOT_FOUND', 'Cannot read'],
    ['reading a directory', () => nodeFiles.readBytes(directory), 'FILE_IS_DIRECTORY', 'Cannot read'],
    ['reading through a file', () => nodeFiles.readText(join(directory, 'once', 'x')), 'FILE_PARENT_NOT_DIRECTORY', 'Cannot read'],
    ['listing a file', () => nodeFiles.list(join(directory, 'once')), 'FILE_PARENT_NOT_DIRECTORY', 'Cannot list'],
    ['writing over a directory', () => nodeFiles.writeText(join(directory, 'reading'), 'x'), 'FILE_IS_DIRECTORY', 'Cannot write'],
    ['writing below a file', () => nodeFiles.writeText(join(directory, 'once', 'x'), 'x'), 'FILE_PARENT_NOT_DIRECTORY', 'Cannot write'],
  ]
  for (const [what, attempt, code, words] of failures) {
    test(what, async () => {
      await assert.rejects(attempt(), (error: unknown) => {
        assert.ok(error instanceof PortunusError)
        assert.equal(error.code, code, error.message)
        assert.ok(error.message.startsWith(`${words} "${directory}`), error.message)
        return true
      })
    })
  }

  test('what one may not do', { skip: process.getuid?.() === 0 ? 'the superuser may do anything' : false }, async () => {
    const locked = join(directory, 'locked')
    await mkdir(locked)
    await chmod(locked, 0o500)
    await assert.rejects(nodeFiles.writeText(join(locked, 'x'), 'x'), { code: 'FILE_ACCESS_DENIED', category: 'access-denied' })
  })
})

test('a directory that the file system refuses to make is a failure, not an endless loop', async () => {
  await assert.rejects(nodeFiles.writeText('/proc/nowhere/deeper/file', 'text'), PortunusError)
})

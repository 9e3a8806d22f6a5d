/** The demo on a machine that has no psql: the pg client stands in, and every step still does what the guide says. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import assert from 'node:assert/strict'

test('the demo says that psql is missing and goes all the way with the pg client', async () => {
  await using directory = await pathWithoutPsql()
  const demo = spawnSync(process.execPath, ['lab/demo/main.ts'], {
    cwd: new URL('../..', import.meta.url),
    env: { ...process.env, PATH: directory.path },
    encoding: 'utf8',
    timeout: 120_000,
  })
  assert.equal(demo.status, 0, `${demo.stdout}${demo.stderr}`)
  assert.match(demo.stdout, /psql is not on PATH/)
  assert.match(demo.stdout, /tsh proxy db --tunnel/)
  assert.match(demo.stdout, /IAMR:my-iam-role/)
})

/** A folder with the few programs that the launchers in bin/ call. */
async function pathWithoutPsql(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'portunus-path-'))
  for (const name of ['readlink', 'uname']) {
    const program = ['/usr/bin', '/bin'].map((folder) => join(folder, name)).find((candidate) => existsSync(candidate))
    if (program !== undefined) await symlink(program, join(path, name))
  }
  await symlink(process.execPath, join(path, 'node'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** The profile directory on a real disk: layout, modes, corrupted files, logging out. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { nodeFiles } from '#world'
import type { Profile } from './profile-document.ts'
import { listProfiles, readProfile, removeAllUsers, removeUser, setCurrentProfile, writeProfile } from './profile-directory.ts'
import { databasePaths, fileName, nameOfFile, profileDirectoryOf } from './profile-paths.ts'
import { keysSuffice } from './database-keys.ts'
import {
  heldIdentity,
  listDatabaseKeys,
  readDatabaseKeys,
  readHostAuthorities,
  readLoginKeys,
  removeDatabaseKeys,
  writeDatabaseKeys,
  writeHostAuthorities,
  writeLoginKeys,
} from './stored-keys.ts'
import { readLogin } from './stored-login.ts'
import { cluster, openTestCluster } from '../../test/worlds/small-cluster.ts'

const path = await mkdtemp(join(tmpdir(), 'profiles-'))
after(() => rm(path, { recursive: true }))

function directoryNamed(name: string): { files: typeof nodeFiles; path: string } {
  return { files: nodeFiles, path: join(path, name) }
}

const profile: Profile = {
  proxyHost: 'proxy.example.com',
  address: { host: 'proxy.example.com', port: 3080 },
  user: 'alice',
  cluster,
  webTrust: 'cluster',
}

async function loggedIn(name: string) {
  await using issuer = await openTestCluster()
  const directory = directoryNamed(name)
  const login = await issuer.issueUser({ usage: 'login' })
  const database = await issuer.issueUser({ usage: 'db' })
  await writeLoginKeys(directory, profile, login)
  await writeHostAuthorities(directory, profile, [issuer.hostAuthorityPem, issuer.hostAuthorityPem])
  await writeProfile(directory, profile)
  await setCurrentProfile(directory, profile.proxyHost)
  await writeDatabaseKeys(directory, profile, 'my-redshift', database)
  return { directory, login, database }
}

test('what is written is read again, lies where v17 has it, and is for the owner only', async () => {
  const { directory, login, database } = await loggedIn('layout')
  const read = await readLogin(directory)
  assert.deepEqual(read?.profile, profile)
  assert.deepEqual(read?.held.keyPair, login)
  assert.equal(read?.held.identity.user, 'alice')
  assert.equal(read?.hostAuthoritiesPem.length, 2)
  assert.deepEqual((await readDatabaseKeys(directory, profile, 'my-redshift'))?.keyPair, database)
  assert.deepEqual(await listDatabaseKeys(directory, profile), ['my-redshift'])
  const found = (await readdir(directory.path, { recursive: true, withFileTypes: true })).map((entry) => join(entry.parentPath, entry.name))
  const modes = await Promise.all(
    found.map(async (each) => `${(await stat(each)).mode.toString(8).slice(-3)} ${each.slice(directory.path.length + 1)}`),
  )
  assert.deepEqual(modes.sort(), [
    '600 current-profile',
    '600 keys/proxy.example.com/alice-db/test.example.com/my-redshift.crt',
    '600 keys/proxy.example.com/alice-db/test.example.com/my-redshift.key',
    '600 keys/proxy.example.com/alice.crt',
    '600 keys/proxy.example.com/alice.key',
    '600 keys/proxy.example.com/cas/test.example.com.pem',
    '600 proxy.example.com.yaml',
    '700 keys',
    '700 keys/proxy.example.com',
    '700 keys/proxy.example.com/alice-db',
    '700 keys/proxy.example.com/alice-db/test.example.com',
    '700 keys/proxy.example.com/cas',
  ])
})

test('an empty directory is not logged in', async () => {
  assert.equal(await readLogin(directoryNamed('none')), undefined)
  assert.deepEqual(await listProfiles(directoryNamed('none')), [])
})

const corrupted = [
  ['a file that is no YAML', ': [', 'YAML'],
  ['an empty file', '', 'document'],
  ['a missing user', 'web_proxy_addr: a:1\ncluster: c\n', 'user'],
  ['an address that is none', 'web_proxy_addr: "a b"\nuser: u\ncluster: c\n', 'web_proxy_addr'],
  ['a number for a name', 'web_proxy_addr: a:1\nuser: 5\ncluster: c\n', 'user'],
] as const

for (const [sentence, text] of corrupted) {
  test(`${sentence} is reported with its path`, async () => {
    const directory = directoryNamed(fileName(sentence))
    await nodeFiles.writeText(`${directory.path}/host.yaml`, text)
    await assert.rejects(readProfile(directory, 'host'), (error: Error & { code: string; hint: string }) => {
      assert.equal(error.code, 'PROFILE_UNREADABLE')
      assert(error.message.includes(`${directory.path}/host.yaml`))
      assert(error.hint.includes('tsh login'))
      return true
    })
  })
}

test('a certificate that does not belong to its key is reported; for a database it counts as none', async () => {
  const { directory } = await loggedIn('mismatch')
  const other = await loggedIn('mismatch-other')
  await writeFile(`${directory.path}/keys/proxy.example.com/alice.crt`, other.login.certificatePem)
  await writeFile(databasePaths(directory.path, profile, 'my-redshift').certificate, other.database.certificatePem)
  await assert.rejects(readLoginKeys(directory, profile), { code: 'PROFILE_UNREADABLE' })
  assert.equal(await readDatabaseKeys(directory, profile, 'my-redshift'), undefined)
})

test('logging out of a database removes its files only', async () => {
  const { directory } = await loggedIn('db-logout')
  await removeDatabaseKeys(directory, profile, 'my-redshift')
  assert.deepEqual(await listDatabaseKeys(directory, profile), [])
  assert((await readLogin(directory)) !== undefined)
})

test('logging out one user leaves nothing of that user, and another user stays', async () => {
  const { directory, login } = await loggedIn('logout-one')
  const bob = { ...profile, user: 'bob' }
  await writeLoginKeys(directory, bob, login)
  assert.equal(await removeUser(directory, 'proxy.example.com', 'alice'), true)
  assert.equal(await removeUser(directory, 'proxy.example.com', 'alice'), false)
  assert.deepEqual(await readdir(`${directory.path}/keys/proxy.example.com`), ['bob.crt', 'bob.key', 'cas'])
  assert.equal(await removeUser(directory, 'proxy.example.com', 'bob'), true)
  assert.deepEqual(await readdir(directory.path), ['keys'])
  assert.deepEqual(await readdir(`${directory.path}/keys`), [])
})

test('logging out everywhere spares the files of other programs', async () => {
  const { directory } = await loggedIn('logout-all')
  await writeFile(`${directory.path}/notes.yaml`, 'mine: true\n')
  await writeFile(`${directory.path}/broken.yaml`, 'web_proxy_addr: [\n')
  await nodeFiles.writeText(`${directory.path}/keys/house/door.txt`, 'x')
  await removeAllUsers(directory)
  assert.deepEqual(await readdir(directory.path), ['keys', 'notes.yaml'])
  assert.deepEqual(await readdir(`${directory.path}/keys`), ['house'])
  assert.equal(await readFile(`${directory.path}/notes.yaml`, 'utf8'), 'mine: true\n')
})

test('a broken list of authorities is an empty one', async () => {
  const { directory } = await loggedIn('authorities')
  await writeFile(`${directory.path}/keys/proxy.example.com/cas/${cluster}.pem`, 'nothing here')
  assert.deepEqual(await readHostAuthorities(directory, profile), [])
})

const names = [
  ['plain names stay', 'my-redshift_1.eu', 'my-redshift_1.eu'],
  ['mail addresses stay', 'alice@example.com', 'alice@example.com'],
  ['a way out of the directory is closed', '../../etc/passwd', '%2E.%2F..%2Fetc%2Fpasswd'],
  ['hidden files are not made', '.ssh', '%2Essh'],
  ['blanks and quotes are encoded', "a b'c", 'a%20b%27c'],
] as const

for (const [sentence, name, expected] of names) {
  test(sentence, () => {
    assert.equal(fileName(name), expected)
    assert.equal(nameOfFile(expected), name)
  })
}

test('TELEPORT_HOME replaces the directory in the home', () => {
  assert.equal(profileDirectoryOf({}, '/home/alice'), '/home/alice/.tsh')
  assert.equal(profileDirectoryOf({ TELEPORT_HOME: '/tmp/x/' }, '/home/alice'), '/tmp/x')
})

test('a key that belongs to another certificate is noticed', async () => {
  await using issuer = await openTestCluster()
  const mine = await issuer.issueUser({ usage: 'login' })
  const theirs = await issuer.issueUser({ usage: 'login' })
  assert.throws(() => heldIdentity({ certificatePem: mine.certificatePem, privateKeyPem: theirs.privateKeyPem }), /does not belong/)
})

test('credentials for a database do only for the login they came from, and for what is asked for', async () => {
  await using issuer = await openTestCluster()
  const hour = 3_600_000
  const now = new Date()
  const [earlier, later] = [new Date(now.getTime() - 2 * hour), new Date(now.getTime() - hour)]
  const loginFrom = async (notBefore: Date) => {
    const held = heldIdentity(await issuer.issueUser({ usage: 'login', notBefore }))
    return { profile, held, base: held, hostAuthoritiesPem: [] }
  }
  const database = heldIdentity(await issuer.issueUser({ usage: 'db', notBefore: later }))
  const route = { service: 'my-redshift', protocol: 'postgres', user: 'alice', name: 'dev' }
  const [before, same, after] = [await loginFrom(earlier), await loginFrom(later), await loginFrom(now)]
  assert.equal(keysSuffice(database, route, { login: before, now }), true)
  assert.equal(keysSuffice(database, route, { login: same, now }), true)
  assert.equal(keysSuffice(database, route, { login: after, now }), false)
  const elevated = { ...same.held, identity: { ...same.held.identity, activeRequests: ['r1'] } }
  assert.equal(keysSuffice(database, route, { login: { ...same, held: elevated }, now }), false)
  assert.equal(keysSuffice(database, { ...route, user: 'bob' }, { login: same, now }), false)
  assert.equal(keysSuffice(database, { ...route, name: 'prod' }, { login: same, now }), false)
  assert.equal(keysSuffice(database, route, { login: same, now: new Date(now.getTime() + 2 * hour) }), false)
})

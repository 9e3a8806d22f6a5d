/** URIs and variables, and the service file. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { directUri, loopbackUri, serviceEntries, type DirectTarget } from './connection-string.ts'
import { withService, withoutService } from './service-file.ts'

const uris = [
  ['a database user', 'alice', 'dev', 'postgres://alice@localhost:5000/dev'],
  ['an IAM role', 'role/my-iam-role', 'dev', 'postgres://role%2Fmy-iam-role@localhost:5000/dev'],
  ['what a URI would read otherwise', 'a b+c@d', "x?y#'z", 'postgres://a%20b%2Bc%40d@localhost:5000/x%3Fy%23%27z'],
] as const

for (const [sentence, databaseUser, databaseName, expected] of uris) {
  test(`the URI of ${sentence}`, () => assert.equal(loopbackUri({ port: 5000, databaseUser, databaseName }), expected))
}

const target: DirectTarget = {
  host: 'proxy.example.com',
  port: 3080,
  databaseUser: 'role/x',
  databaseName: 'dev',
  authorities: '/home/alice/.tsh/keys/p/cas/c.pem',
  certificate: '/home/alice/.tsh/keys/p/alice-db/c/d.crt',
  key: '/home/alice/.tsh/keys/p/alice-db/c/d.key',
}

test('the URI for certificate files keeps paths readable', () =>
  assert.equal(
    directUri(target),
    'postgres://role%2Fx@proxy.example.com:3080/dev?sslrootcert=/home/alice/.tsh/keys/p/cas/c.pem' +
      '&sslcert=/home/alice/.tsh/keys/p/alice-db/c/d.crt&sslkey=/home/alice/.tsh/keys/p/alice-db/c/d.key&sslmode=verify-full',
  ))

test('a section is added, replaced and removed, and the rest of the file stays', () => {
  const others = '# mine\n[work]\nhost = db.example.com\n\n[home]\nhost=localhost'
  const once = withService(others, 'cluster-db', serviceEntries(target))
  assert(once.startsWith(`${others}\n\n[cluster-db]\nhost=proxy.example.com\nport=3080\nuser=role/x\n`), once)
  assert.equal(withService(once, 'cluster-db', serviceEntries(target)), once)
  assert.equal(withoutService(once, 'cluster-db').trimEnd(), others)
  assert.equal(withoutService(once, 'cluster'), once)
})

test('an empty file gets just the section', () => {
  const text = withService('', 'c-d', { host: 'h' })
  assert.equal(text, '[c-d]\nhost=h\n')
  assert.equal(withoutService(text, 'c-d'), '')
})

test('psql reads the section', { skip: hasPsql() ? false : 'psql is not installed' }, () => {
  const text = withService('', 'c-d', { host: '127.0.0.1', port: '1', user: 'role/x', dbname: 'dev' })
  const directory = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim()
  execFileSync('tee', [`${directory}/services`], { input: text, stdio: ['pipe', 'ignore', 'inherit'] })
  assert.throws(
    () =>
      execFileSync('psql', ['service=c-d', '-c', 'select 1'], {
        env: { ...process.env, PGSERVICEFILE: `${directory}/services` },
        stdio: 'pipe',
      }),
    /connection to server at "127.0.0.1", port 1 failed: Connection refused/,
  )
  execFileSync('rm', ['-r', directory])
})

function hasPsql(): boolean {
  try {
    execFileSync('psql', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

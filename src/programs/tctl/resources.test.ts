/** Conversations with tctl about resources: create, get, edit, update, rm. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { nodeClock } from '#world'
import { openTctlCluster, type Said } from './testing/tctl-cluster.ts'

const cluster = await openTctlCluster()
after(() => cluster[Symbol.asyncDispose]())
const { tctl, tctlFed } = cluster

const role = `kind: role
version: v7
metadata:
  name: dev
spec:
  allow:
    db_labels:
      env: dev
    db_users: [alice]
    db_names: ['*']
`

const people = `${role}---
kind: user
version: v2
metadata:
  name: bob
  labels: {team: data}
spec:
  roles: [dev]
  traits:
    db_users: [bob]
`

test('create makes every document of a file, and says so line by line', async () => {
  await writeFile(join(cluster.directory, 'people.yaml'), people)
  const said = await tctl('create', 'people.yaml')
  assert.deepEqual(said, {
    answer: 'role "dev" has been created\nuser "bob" has been created',
    told: 'NOTE: "bob" has no password yet; make a link to choose one with: tctl users reset bob',
    exit: 0,
  })
})

test('what exists is refused without -f and replaced with it', async () => {
  const refused = await tctlFed(role, 'create')
  assert.deepEqual(refused, {
    answer: '',
    told: 'ERROR: Cannot create the role "dev": a role of that name exists\nHINT: replace it with: tctl create -f',
    exit: 1,
  })
  const replaced = await tctlFed(people.replace('db_users: [alice]', 'db_users: [carol]'), 'create', '-f')
  assert.deepEqual(replaced.answer, 'role "dev" has been updated\nuser "bob" has been updated')
  assert.match((await tctl('get', 'role/dev')).answer, /db_users:\n {6}- carol\n/)
})

test('what get prints can be created again, as YAML and as JSON', async () => {
  for (const format of ['yaml', 'json']) {
    const { answer } = await tctl('get', 'role/dev,user/bob', `--format=${format}`)
    const created = await tctlFed(answer, 'create', '-f')
    assert.deepEqual([created.answer, created.exit], ['role "dev" has been updated\nuser "bob" has been updated', 0])
  }
})

test('get --format=text is a table, and get all has every kind', async () => {
  assert.equal(
    (await tctl('get', 'user/bob', '--format=text')).answer,
    ['Kind Name Labels', '---- ---- ---------', 'user bob  team=data'].join('\n'),
  )
  const { answer } = await tctl('get', 'all', '--format=json')
  const kinds = new Set((JSON.parse(answer) as readonly { kind: string }[]).map(({ kind }) => kind))
  assert.deepEqual([kinds.has('user'), kinds.has('role')], [true, true])
})

const refusals: readonly (readonly [string, string, RegExp])[] = [
  ['nothing', '', /^ERROR: Cannot find a resource in "standard input": the input is empty\n/],
  [
    'an unknown key',
    role.replace('db_users', 'db_userz'),
    /^ERROR: Cannot read the role "dev": standard input:9:5: spec\.allow\.db_userz: unknown key/,
  ],
  [
    'a wrong type',
    role.replace('[alice]', '{a: 1}'),
    /standard input:9:5: spec\.allow\.db_users: expected a text or a list of texts, got a mapping/,
  ],
  ['a key twice', role.replace('  name: dev', '  name: dev\n  name: ops'), /standard input:5:3: metadata\.name: expected every key once/],
  [
    'a role that cannot mean what it says',
    role.replace('alice', '"^(a$"').replace('dev', 'ops'),
    /^ERROR: Cannot keep the role "ops": standard input:9:16: spec\.allow\.db_users\[0\]:/,
  ],
  ['no kind', 'version: v7\n', /^ERROR: Cannot read the resource: standard input:1:1: kind: expected one of user, role/],
  ['a kind nobody makes', 'kind: db_server\n', /^ERROR: Cannot create resources of type "db_server": it is not supported\n/],
  [
    'a user with a role that does not exist',
    people
      .replace(/^[^]*---\n/, '')
      .replace('roles: [dev]', 'roles: [nothing]')
      .replace('name: bob', 'name: eve'),
    /^ERROR: Cannot give "eve" the role "nothing"/,
  ],
]

for (const [sentence, input, told] of refusals) {
  test(`create refuses ${sentence}, with its place`, async () => {
    const said = await tctlFed(input, 'create', '-f')
    assert.match(said.told, told)
    assert.equal(said.exit, 1)
  })
}

test('nothing is written when any document is wrong', async () => {
  const said = await tctlFed(`${role.replace('name: dev', 'name: first')}---\nkind: role\n`, 'create')
  assert.deepEqual([said.answer, said.exit], ['', 1])
  assert.equal((await tctl('get', 'role/first')).exit, 1)
})

test('a file of ten megabytes is refused without being read', async () => {
  await writeFile(join(cluster.directory, 'large.yaml'), `a: ${'x'.repeat(10_000_000)}`)
  assert.match(
    (await tctl('create', 'large.yaml')).told,
    /^ERROR: Cannot read the resources of "large\.yaml": 10000003 bytes are more than 4194304\n/,
  )
  assert.match((await tctl('create', 'missing.yaml')).told, /^ERROR: Cannot read /)
})

/** Runs `tctl edit` with this editor, in a directory of its own for the text. */
async function edit(reference: string, editor: string): Promise<Said & { readonly left: readonly string[] }> {
  const directory = await mkdtemp(join(cluster.directory, 'editing-'))
  const environment = { TMPDIR: directory, VISUAL: 'false', TELEPORT_EDITOR: editor }
  const said = await cluster.tctlPlain(['-c', join(cluster.directory, 'teleport.yaml'), 'edit', reference], environment)
  return { ...said, left: (await readdir(directory)).filter((name) => name.endsWith('.yaml')).map((name) => join(directory, name)) }
}

test('edit writes back what the editor left, and leaves no file behind', async () => {
  const said = await edit('role/dev', `sed -i.bak -e s/carol/dave/ -e /revision/d`)
  assert.equal(said.answer, 'role "dev" has been updated')
  assert.equal(said.exit, 0)
  assert.match((await tctl('get', 'role/dev')).answer, /- dave\n/)
  assert.deepEqual(
    said.left.filter((path) => path.endsWith('.yaml')),
    [],
  )
})

test('an unchanged text is not written', async () => {
  assert.deepEqual(await edit('role/dev', 'true').then(({ told, exit }) => [told, exit]), ['Nothing was changed.', 0])
})

test('an edit of an old revision is refused, and the text is kept', async () => {
  const started = join(cluster.directory, 'started')
  const changed = join(cluster.directory, 'changed')
  const script = join(cluster.directory, 'slow-editor')
  await writeFile(script, `touch ${started}\nuntil test -e ${changed}; do sleep 0.02; done\nsed -i.bak s/dave/late/ "$1"\n`)
  const racing = edit('role/dev', `sh ${script}`)
  while (!existsSync(started)) await nodeClock.sleep(10)
  assert.equal((await tctlFed(role.replace('alice', 'meanwhile'), 'create', '-f')).exit, 0)
  await writeFile(changed, '')
  const said = await racing
  assert.match(said.told, /^ERROR: Cannot update the role "dev": it was changed since it was read/)
  const [kept = ''] = said.left
  assert(said.told.includes(`your text is kept in ${kept}`))
  assert.match(await readFile(kept, 'utf8'), /late/)
  assert.match((await tctl('get', 'role/dev')).answer, /- meanwhile\n/)
})

test('edit neither renames nor makes something else', async () => {
  const said = await edit('role/dev', `sed -i.bak 's/name: dev/name: ops/'`)
  assert.match(said.told, /^ERROR: Cannot take over the edited text of "dev": kind and name cannot be changed/)
  assert.match((await edit('role/dev', 'false')).told, /^ERROR: Cannot edit with "false": it ended with exit code 1/)
})

test('update sets labels and an end', async () => {
  assert.equal((await tctl('update', 'role/dev', '--set-labels=a=1,b=2', '--set-ttl=2h')).answer, 'role "dev" has been updated')
  const [dev] = JSON.parse((await tctl('get', 'role/dev', '--format=json')).answer) as readonly [
    { metadata: { labels: unknown; expires: string } },
  ]
  assert.deepEqual(dev.metadata.labels, { a: '1', b: '2' })
  assert.equal(new Date(dev.metadata.expires).getTime() - cluster.clock.now().getTime(), 7_200_000)
  assert.match((await tctl('update', 'role/dev')).told, /^ERROR: Cannot update the resource: nothing to change is given/)
})

test('rm deletes, but no role in use', async () => {
  assert.match((await tctl('rm', 'role/dev')).told, /^ERROR: Cannot delete the role "dev": it is held by bob\n/)
  assert.equal((await tctl('rm', 'user/bob')).answer, 'user "bob" has been deleted')
  assert.equal((await tctl('rm', 'roles/dev')).answer, 'role "dev" has been deleted')
  assert.match((await tctl('rm', 'role/dev')).told, /^ERROR: Cannot find the role "dev"/)
  assert.match((await tctl('rm', 'role')).told, /^ERROR: Cannot delete "role": no name is given\n/)
  assert.match((await tctl('rm', 'db_server/x')).told, /^ERROR: Cannot delete resources of type "db_server"/)
})

const database = `kind: db
version: v3
metadata:
  name: my-redshift
  labels: {env: dev}
spec:
  protocol: postgres
  uri: my-cluster.abc.us-east-1.redshift.amazonaws.com:5439
`

test('databases are registered, shown, edited and deleted', async () => {
  assert.equal((await tctlFed(database, 'create')).answer, 'database "my-redshift" has been created')
  assert.match(
    (await tctlFed(database, 'create')).told,
    /^ERROR: Cannot create the database "my-redshift": a database of that name exists\nHINT: replace it with: tctl create -f$/,
  )
  assert.equal((await tctlFed(database, 'create', '-f')).answer, 'database "my-redshift" has been updated')
  assert.match((await tctl('get', 'db')).answer, /labels:\n {4}env: dev\n {4}teleport\.dev\/origin: dynamic\n/)
  assert.equal((await edit('db/my-redshift', 'sed -i.bak s/dev$/prod/')).answer, 'database "my-redshift" has been updated')
  assert.equal((await tctl('get', 'db', '--format=text')).answer.split('\n').at(-1), 'db   my-redshift env=prod')
  assert.equal((await tctl('rm', 'db/my-redshift')).answer, 'database "my-redshift" has been deleted')
  assert.match(
    (await tctlFed(database.replace('uri: my', 'uri: https://my'), 'create')).told,
    /standard input:8:3: spec\.uri: expected host:port/,
  )
  assert.match(
    (await tctlFed(database.replace('spec:', 'spec:\n  aws: {account_id: 123456789012}'), 'create')).told,
    /spec\.aws\.account_id: expected a text, got the number/,
  )
})

const token = `kind: token
version: v2
metadata:
  name: join-by-this-long-value
spec:
  roles: [Db]
`

test('tokens are made from documents, named in full to be changed, and shown masked', async () => {
  const masked = '******************value'.slice(0, 18) + 'value'
  assert.equal((await tctlFed(token, 'create')).answer, `token "${masked}" has been created`)
  assert.match((await tctl('tokens', 'ls')).answer, /\*value +Db +never$/)
  assert.match((await tctlFed(token, 'create')).told, /HINT: replace it with: tctl create -f$/)
  assert.equal((await tctlFed(token.replace('[Db]', '[Db, Proxy]'), 'create', '-f')).answer, `token "${masked}" has been updated`)
  assert.equal((await tctl('update', 'token/join-by-this-long-value', '--set-labels=team=data', '--set-ttl=2h')).exit, 0)
  assert.match((await tctl('tokens', 'ls', '--labels=team=data')).answer, /\*value +Db,Proxy +team=data .*\(2h0m0s\)$/)
  assert.match((await tctl('get', 'token/join-by-this-long-value')).answer, /name: join-by-this-long-value\n/)
  assert(!(await tctl('get', 'tokens')).answer.includes('join-by'))
  assert.equal((await edit('token/join-by-this-long-value', 'sed -i.bak /Proxy/d')).answer, `token "${masked}" has been updated`)
  assert.match((await tctl('tokens', 'ls')).answer, /\*value +Db +team=data/)
  assert.equal((await tctl('rm', 'token/join-by-this-long-value')).answer, `token "${masked}" has been deleted`)
})

test('a token that has expired or suggests labels is refused, without its value', async () => {
  for (const [text, told] of [
    [token.replace('spec:', '  expires: 2001-01-01T00:00:00Z\nspec:'), /it has expired\n/],
    [`${token}  suggested_labels: {env: dev}\n`, /suggested_labels have no effect\n/],
    [token.replace('[Db]', '[King]'), /spec\.roles: expected one or more of /],
    [token.replace('[Db]', '[Node]'), /hosts join as db or proxy\n/],
  ] as const) {
    const said = await tctlFed(text, 'create')
    assert.match(said.told, told)
    assert(!said.told.includes('join-by-this'))
  }
})

test('the authentication preference is there from the beginning, is set, edited and reset', async () => {
  assert.match(
    (await tctl('get', 'cap')).answer,
    /^kind: cluster_auth_preference\nversion: v2\nmetadata:\n {2}name: cluster-auth-preference\nspec:\n {2}type: local\n {2}second_factors:\n {4}- otp\n/,
  )
  const text =
    'kind: cluster_auth_preference\nversion: v2\nspec:\n  locking_mode: strict\n  default_session_ttl: 4h\n  message_of_the_day: "be kind"\n'
  const created = await tctlFed(text, 'create')
  assert.deepEqual(created, {
    answer: 'cluster auth preference has been created',
    told: 'WARNING: spec.message_of_the_day: is kept, and not shown in this version',
    exit: 0,
  })
  assert.match((await tctlFed(text, 'create')).told, /there is one already\nHINT: replace it with: tctl create -f$/)
  assert.equal((await tctlFed(text, 'create', '-f')).answer, 'cluster auth preference has been updated')
  assert.equal((await edit('cap', `sed -i.bak 's/4h/2h/; /message/d'`)).answer, 'cluster auth preference has been updated')
  assert.match((await tctl('get', 'cap')).answer, /locking_mode: strict\n {2}disconnect_expired_cert: false\n {2}default_session_ttl: 2h$/)
  assert.match((await tctl('rm', 'cap')).answer, /^cluster auth preference has been reset/)
  assert.match((await tctl('get', 'cap')).answer, /locking_mode: best_effort\n/)
  assert.match(
    (await tctlFed(text.replace('strict', 'loose'), 'create')).told,
    /standard input:4:3: spec\.locking_mode: expected one of "strict", "best_effort", got "loose"/,
  )
  assert.match(
    (await tctlFed(`${text}  second_factors: [webauthn]\n`, 'create')).told,
    /standard input:7:3: spec\.second_factors: one-time passwords are the second factor there is\n/,
  )
})

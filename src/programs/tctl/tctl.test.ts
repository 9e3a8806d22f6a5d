/** Conversations with tctl, against an authority behind real TLS. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { auditEvent } from '#audit-events'
import type { DatabaseServer } from '#resources'
import { clusterName, hostId, openTctlCluster } from './testing/tctl-cluster.ts'

const cluster = await openTctlCluster()
after(() => cluster[Symbol.asyncDispose]())
const { tctl } = cluster

const server: DatabaseServer = {
  kind: 'db_server',
  version: 'v3',
  metadata: { name: 'my-redshift', labels: {} },
  spec: {
    version: '1.2.3',
    hostname: 'agent.example.com',
    hostId,
    database: {
      kind: 'db',
      version: 'v3',
      metadata: { name: 'my-redshift', labels: { env: 'dev', team: 'data' } },
      spec: { protocol: 'postgres', uri: 'redshift.example.com:5439', tls: { mode: 'verify-full' }, aws: { redshift: {} } },
    },
  },
}

test('tctl status shows cluster, version, authorities and pin, in the order of the guide', async () => {
  const { answer, told, exit } = await tctl('status')
  assert.match(
    answer,
    /^Cluster +test\.example\.com\nVersion +1\.2\.3\nhost CA +never updated\nuser CA +never updated\ndb CA +never updated\ndb_client CA +never updated\nCA pin +sha256:[0-9a-f]{64}$/,
  )
  assert.deepEqual([told, exit], ['', 0])
})

test('tctl status --format=json says the same to programs', async () => {
  const { answer } = await tctl('status', '--format=json')
  const status = JSON.parse(answer) as { cluster_name: string; authorities: readonly { pins: readonly string[] }[] }
  assert.equal(status.cluster_name, clusterName)
  assert.equal(status.authorities.length, 4)
})

test('users add without any proxy prints a link whose host is to be filled in', async () => {
  const { answer, exit } = await tctl('users', 'add', '--roles=access', 'early')
  assert.equal(exit, 0)
  assert.match(answer, /\nhttps:\/\/<proxyhost>:3080\/web\/invite\/[0-9a-f]{32}\n/)
})

test('tokens add without --format needs a proxy, and makes no token without one', async () => {
  const { told, exit } = await tctl('tokens', 'add', '--type=db')
  assert.deepEqual([told.split('\n')[0], exit], ['ERROR: Cannot print how to use the token: the cluster has no proxies', 1])
  assert.equal((await tctl('tokens', 'ls')).answer, 'No active tokens found.')
})

test('the guide: users add as typed, and as copied from the broken lines', async () => {
  const proxy = await cluster.host('Proxy')
  await proxy.upsertProxy({ publicAddress: 'teleport.example.com:3080' })
  for (const args of [
    ['users', 'add', '--roles=access', '--db-users=*', '--db-names=*', 'alice'],
    ['users', 'add', ' --roles=access,requester', ' --db-users=*', ' --db-names=*', ' alice2'],
  ]) {
    const { answer, told, exit } = await tctl(...args)
    const name = args.at(-1)?.trim() ?? ''
    const lines = answer.split('\n')
    assert.equal(
      lines[0],
      `User "${name}" has been created but requires a password. Share this URL with the person to choose one, link is valid for 1h:`,
    )
    assert.match(lines[1] ?? '', /^https:\/\/teleport\.example\.com:3080\/web\/invite\/[0-9a-f]{32}$/)
    assert.deepEqual(lines.slice(2), ['', `NOTE: teleport.example.com:3080 must be the address of a proxy that ${name} can reach.`])
    assert.deepEqual([told, exit], ['', 0])
  }
})

test('flags stand in any order, lists are repeated or separated by commas, and empty traits are kept', async () => {
  const { exit } = await tctl(
    'users',
    'add',
    'bob',
    '--db-users',
    'a, b',
    '--ttl=30m',
    '--roles',
    'access',
    '--db-users=c',
    '--roles=requester',
  )
  assert.equal(exit, 0)
  const { answer } = await tctl('get', 'user/bob', '--format=json')
  const [bob] = JSON.parse(answer) as readonly { spec: { roles: string[]; traits: Record<string, string[]> } }[]
  assert.deepEqual(bob?.spec.roles, ['access', 'requester'])
  assert.deepEqual(bob?.spec.traits['db_users'], ['a', 'b', 'c'])
  assert.deepEqual(bob?.spec.traits['logins'], [])
  assert.equal(Object.keys(bob?.spec.traits ?? {}).length, 12)
})

test('users add --format=json prints the user token', async () => {
  const { answer } = await tctl('users', 'add', '--format=json', '--roles=access', 'carol')
  const token = JSON.parse(answer) as { kind: string; metadata: { name: string }; spec: { user: string; url: string } }
  assert.equal(token.kind, 'user_token')
  assert.equal(token.spec.user, 'carol')
  assert(token.spec.url.endsWith(token.metadata.name))
})

test('users reset prints a link of its own', async () => {
  const { answer, exit } = await tctl('users', 'reset', 'alice')
  assert.equal(exit, 0)
  assert.match(
    answer,
    /^User "alice" has been reset .* link is valid for 8h:\nhttps:\/\/teleport\.example\.com:3080\/web\/reset\/[0-9a-f]{32}\n/,
  )
})

test('users ls and rm', async () => {
  const { answer } = await tctl('users', 'ls')
  assert.equal(
    answer,
    [
      'User   Roles',
      '------ ----------------',
      'alice  access',
      'alice2 access,requester',
      'bob    access,requester',
      'carol  access',
      'early  access',
    ].join('\n'),
  )
  const removed = await tctl('users', 'rm', 'alice2,carol,nobody,early')
  assert.equal(removed.answer, 'User "alice2" has been deleted\nUser "carol" has been deleted')
  assert.deepEqual([removed.told.split('\n')[0], removed.exit], ['ERROR: Cannot find the user "nobody": no user of that name exists', 1])
  const users = JSON.parse((await tctl('users', 'ls', '--format=json')).answer) as readonly { metadata: { name: string } }[]
  assert.deepEqual(
    users.map(({ metadata }) => metadata.name),
    ['alice', 'bob', 'early'],
  )
})

const refusals: readonly (readonly [string, readonly string[], string, number])[] = [
  [
    'a role that does not exist',
    ['users', 'add', '--roles=access,acces', 'dave'],
    'ERROR: Cannot give "dave" the role "acces": no role of that name exists\nHINT: see the roles with: tctl get roles',
    1,
  ],
  [
    'no role',
    ['users', 'add', 'dave'],
    'ERROR: Cannot understand the command line: the flag --roles is missing\nHINT: add it, such as --roles=access',
    2,
  ],
  [
    'no name',
    ['users', 'add', '--roles=access'],
    "ERROR: Cannot understand the command line: missing required argument 'account'\nHINT: see the flags and arguments with --help",
    2,
  ],
  [
    'a misspelt flag',
    ['users', 'add', '--role', 'access', 'dave'],
    "ERROR: Cannot understand the command line: unknown option '--role' (Did you mean --roles?)\nHINT: see the flags and arguments with --help",
    2,
  ],
  [
    'a misspelt command',
    ['user', 'ls'],
    "ERROR: Cannot understand the command line: unknown command 'user' (Did you mean users?)\nHINT: see the flags and arguments with --help",
    2,
  ],
  [
    'a link that is good for too long',
    ['users', 'add', '--roles=access', '--ttl=72h', 'dave'],
    'ERROR: Cannot use the time "72h": one second to 48h is possible\nHINT: write it like --ttl=1h',
    1,
  ],
  [
    'a time without a unit',
    ['users', 'add', '--roles=access', '--ttl=72', 'dave'],
    'ERROR: Cannot read the duration "72": expected a number with a unit\nHINT: write it like 30m, 12h or 1h30m',
    1,
  ],
  [
    'a token type nobody knows',
    ['tokens', 'add', '--type=database'],
    'ERROR: Cannot use the token type "database": no such type\nHINT: use one or more of auth, proxy, db, discovery, node, app, kube',
    1,
  ],
  [
    'a token that is not there',
    ['tokens', 'rm', 'abcdefgh'],
    'ERROR: Cannot delete the token "******gh": it is expired or not known\nHINT: give the whole value; see the tokens with: tctl tokens ls',
    1,
  ],
  [
    'a kind nobody knows',
    ['get', 'kings'],
    'ERROR: Cannot get "kings": there is no kind "kings"\nHINT: use one of user, role, token, db_server, db, lock, cluster_auth_preference, also as kind/name',
    1,
  ],
  [
    'a resource that is not there',
    ['get', 'role/kings'],
    'ERROR: Cannot find "role/kings": there is none\nHINT: see which there are with: tctl get role',
    1,
  ],
  [
    'a format that is none',
    ['users', 'ls', '--format=xml'],
    "ERROR: Cannot understand the command line: option '-f, --format <format>' argument 'xml' is invalid. Allowed choices are text, json.\nHINT: see the flags and arguments with --help",
    2,
  ],
]

for (const [sentence, args, told, exit] of refusals) {
  test(`${sentence} is refused with a way out, and without a stack`, async () => {
    assert.deepEqual(await tctl(...args), { answer: '', told, exit })
  })
}

test('users add of somebody who exists shows how to change the user instead', async () => {
  assert.deepEqual(await tctl('users', 'add', '--roles=access', '--db-users=*', '--db-names=a,b', 'alice'), {
    answer: "NOTE: to change the user who exists, run: tctl users update --set-roles=access --set-db-users='*' --set-db-names=a,b alice",
    told: 'ERROR: Cannot create the user "alice": a user of that name exists\nHINT: choose another name, or see the users with: tctl users ls',
    exit: 1,
  })
})

test('--debug shows where an error comes from', async () => {
  const { told } = await tctl('--debug', 'users', 'rm', 'nobody')
  assert.match(told, /CODE: USER_UNKNOWN/)
  assert.match(told, /STACK:/)
})

test('nobody is left behind by a refused users add', async () => {
  assert.equal((await tctl('get', 'user/dave')).exit, 1)
})

test('tokens add --format=text prints the token and nothing else', async () => {
  const { answer, exit } = await tctl('tokens', 'add', '--type=db', '--format=text')
  assert.match(answer, /^[0-9a-f]{32}$/)
  assert.equal(exit, 0)
  assert.match((await tctl('tokens', 'rm', answer)).answer, /^Token \*{24}[0-9a-f]{8} has been deleted$/)
})

test('tokens add as JSON and YAML', async () => {
  const json = (await tctl('tokens', 'add', '--type=Db', '--format=json', '--value=first-own-value')).answer
  assert.match(json, /^\{\n "token": "first-own-value",\n "roles": \[\n {2}"Db"\n \],\n "expires": "[0-9TZ:.-]+"\n\}$/)
  const yaml = (await tctl('tokens', 'add', '--type=db,proxy', '--format=yaml', '--value=second-own-value', '--ttl=2h')).answer
  assert.match(yaml, /^token: second-own-value\nroles:\n {2}- Db\n {2}- Proxy\nexpires: /)
})

test('tokens ls masks, and shows the next to expire first', async () => {
  const { answer } = await tctl('tokens', 'ls')
  const [header, , ...rows] = answer.split('\n')
  assert.match(header ?? '', /^Token +Type +Labels +Expiry Time \(UTC\)$/)
  assert.match(rows[0] ?? '', /^\*{12}lue +Db +\d\d \w{3} \d\d \d\d:\d\d UTC \(30m0s\)$/)
  assert.match(rows[1] ?? '', /^\*{12}alue +Db,Proxy +.*\(2h0m0s\)$/)
  assert.equal((await tctl('tokens', 'ls', '--format=text')).answer, `${'*'.repeat(12)}lue\n${'*'.repeat(12)}alue`)
})

test('tokens add for people prints the command that writes the configuration', async () => {
  const { answer } = await tctl('tokens', 'add', '--type=db', '--db-name=my-redshift', '--db-uri=redshift.example.com:5439')
  assert.match(answer, /^Token: [0-9a-f]{32}\nIt lets hosts join for 30m\.\n/)
  assert.match(
    answer,
    / {2}teleport db configure create \\\n {4}--token=[0-9a-f]{32} \\\n {4}--ca-pin=sha256:[0-9a-f]{64} \\\n {4}--proxy=teleport\.example\.com:3080 \\\n {4}--name=my-redshift \\\n {4}--protocol=postgres \\\n {4}--uri=redshift\.example\.com:5439 \\\n {4}-o file\n/,
  )
  assert.match(answer, / {2}teleport start -c \/etc\/teleport\.yaml/)
})

test('db ls and get db_server show what agents announce', async () => {
  const agent = await cluster.host('Db')
  await agent.upsertDatabaseServer({ server })
  assert.equal(
    (await tctl('db', 'ls')).answer,
    [
      'Host              Name        Protocol URI                       Labels            Version',
      '----------------- ----------- -------- ------------------------- ----------------- -------',
      'agent.example.com my-redshift postgres redshift.example.com:5439 env=dev,team=data 1.2.3',
    ].join('\n'),
  )
  assert.equal((await tctl('db', 'ls', 'env=prod')).told, 'No agent announces such a database.')
  assert.equal((await tctl('db', 'ls', 'env=dev,team=data', '--search=RED', '--format=json')).answer.includes('my-redshift'), true)
  assert.equal((await tctl('get', 'db')).answer, '')
  const both = JSON.parse((await tctl('get', 'db_server,role/access', '--format=json')).answer) as readonly { kind: string }[]
  assert.deepEqual(
    both.map(({ kind }) => kind),
    ['db_server', 'role'],
  )
})

test('access explain says which role grants, or what is missing', async () => {
  const target = ['--user=bob', '--db=my-redshift', '--db-name=dev']
  assert.equal(
    (await tctl('access', 'explain', ...target, '--db-user=a')).answer,
    [
      '"bob" to "my-redshift" as "a", database name "dev": may not connect: no role lets you use the database name "dev".',
      'HINT: ask for a role with db_names: [dev]',
      '',
      'Role      Labels Database user Database name Denies',
      '--------- ------ ------------- ------------- ------',
      'access    yes    yes           no',
      'requester no     no            no',
    ].join('\n'),
  )
  assert.equal((await tctl('users', 'update', 'bob', '--set-db-names=dev')).exit, 0)
  const granted = await tctl('access', 'explain', ...target, '--db-user=a', '--format=json')
  assert.partialDeepStrictEqual(JSON.parse(granted.answer), {
    user: 'bob',
    db_user: 'a',
    allowed: true,
    granted_by: 'access',
    announced: true,
  })
  assert.equal((await tctl('access', 'explain', ...target)).exit, 2)
})

test('get roles prints documents that can be read back', async () => {
  const { answer } = await tctl('get', 'roles')
  assert.equal(answer.split('\n---\n').length, 5)
  assert.match(answer, /^kind: role\nversion: v7\nmetadata:\n {2}name: access\n/)
})

test('audit ls shows what happened, the newest last, with filters', async () => {
  const agent = await cluster.host('Db')
  const stamp = { uid: '11111111-2222-4333-8444-555555555555', time: cluster.clock.now(), clusterName }
  await agent.appendAuditEvents({
    events: [
      auditEvent(
        {
          event: 'db.session.end',
          code: 'TDB01I',
          user: 'alice',
          server_id: hostId,
          db_service: 'my-redshift',
          db_user: 'alice',
          db_name: 'dev',
        },
        stamp,
      ),
    ],
  })
  const { answer } = await tctl('audit', 'ls', '--type=user.create,db.session.end')
  const lines = answer.split('\n')
  assert.match(lines[0] ?? '', /^Time \(UTC\) +Code +Event +Description$/)
  assert.match(lines[2] ?? '', /T1002I user\.create +.* created the user early with roles access$/)
  assert.match(lines.at(-1) ?? '', /TDB01I db\.session\.end +alice left my-redshift as alice \(database name dev\)$/)
  const json = await tctl('audit', 'ls', '--format=json', '--user=alice', '--limit=1')
  const events = JSON.parse(json.answer) as readonly { event: string }[]
  assert.deepEqual(
    events.map(({ event }) => event),
    ['db.session.end'],
  )
  assert.equal((await tctl('audit', 'ls', '--to=2020-01-01')).told, 'No events found.')
  assert.equal((await tctl('audit', 'ls', '--from=1h', '--limit=2')).answer.split('\n').length, 4)
  assert.equal(
    (await tctl('audit', 'ls', '--from=yesterday')).told.split('\n')[1],
    'HINT: write it like 2026-01-31, 2026-01-31T12:00:00Z or 2h',
  )
})

test('audit verify vouches for the log', async () => {
  const { answer, exit } = await tctl('audit', 'verify')
  assert.match(answer, /^The audit log is whole: \d+ events, chain ends with [0-9a-f]{64}$/)
  assert.equal(exit, 0)
})

test('version and help need no cluster', async () => {
  assert.deepEqual(await cluster.tctlPlain(['version']), { answer: 'Portunus v1.2.3 tctl', told: '', exit: 0 })
  const help = await cluster.tctlPlain(['users', 'add', '--help'])
  assert.equal(help.exit, 0)
  assert.match(help.answer, /^Usage: tctl users add \[options\] <account>/)
  assert.equal((await cluster.tctlPlain([])).exit, 2)
})

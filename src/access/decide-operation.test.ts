/** Rules over resources: refusals first, then what each preset may do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { presetRoles } from '#resources'
import { decideOperation, type OperationRequest } from './decide-operation.ts'
import { subject, type RoleSketch } from './role.fixture.ts'

const participates = 'contains(session.participants, user.metadata.name)'
const sessionRule = (where: string) => ({ resources: ['session'], verbs: ['read'], where })
const readUsers = { rules: [{ resources: ['user'], verbs: ['read'] }] }
const editUsers = { rules: [{ resources: ['user'], verbs: ['*'] }] }

const rows: readonly (readonly [string, readonly RoleSketch[], OperationRequest, boolean])[] = [
  ['without roles nothing is allowed', [], { resource: 'user', verb: 'read' }, false],
  ['a rule for another resource grants nothing', [{ allow: readUsers }], { resource: 'role', verb: 'read' }, false],
  ['a rule for another verb grants nothing', [{ allow: readUsers }], { resource: 'user', verb: 'update' }, false],
  [
    'the resource of one rule and the verb of another do not add up',
    [{ allow: { rules: [...readUsers.rules, { resources: ['role'], verbs: ['update'] }] } }],
    { resource: 'role', verb: 'read' },
    false,
  ],
  [
    'readnosecrets does not grant read',
    [{ allow: { rules: [{ resources: ['user'], verbs: ['readnosecrets'] }] } }],
    { resource: 'user', verb: 'read' },
    false,
  ],
  [
    'a condition nobody evaluates grants nothing',
    [{ allow: { rules: [sessionRule('true')] } }],
    { resource: 'session', verb: 'read', session: { participants: ['alice'] } },
    false,
  ],
  [
    'a condition about a session grants nothing without one',
    [{ allow: { rules: [sessionRule(participates)] } }],
    { resource: 'session', verb: 'read' },
    false,
  ],
  [
    'a session of others is refused',
    [{ allow: { rules: [sessionRule(participates)] } }],
    { resource: 'session', verb: 'read', session: { participants: ['bob'] } },
    false,
  ],
  ['a deny wins over an allow of another role', [{ allow: editUsers }, { deny: readUsers }], { resource: 'user', verb: 'read' }, false],
  ['a denied wildcard denies every verb', [{ allow: editUsers }, { deny: editUsers }], { resource: 'user', verb: 'delete' }, false],
  [
    'a denied read among other verbs is denied without secrets as well',
    [{ allow: editUsers }, { deny: { rules: [{ resources: ['user'], verbs: ['update', 'read'] }] } }],
    { resource: 'user', verb: 'readnosecrets' },
    false,
  ],
  ['a denied read leaves other verbs', [{ allow: editUsers }, { deny: readUsers }], { resource: 'user', verb: 'update' }, true],
  [
    'a denied read is denied without secrets as well',
    [{ allow: editUsers }, { deny: readUsers }],
    { resource: 'user', verb: 'readnosecrets' },
    false,
  ],
  [
    'a deny under a condition nobody evaluates denies',
    [{ allow: { rules: [sessionRule(participates), { resources: '*', verbs: '*' }] } }, { deny: { rules: [sessionRule('false')] } }],
    { resource: 'session', verb: 'read' },
    false,
  ],
  [
    'a deny about a session denies where the session is unknown',
    [{ allow: { rules: [{ resources: '*', verbs: '*' }] } }, { deny: { rules: [sessionRule(participates)] } }],
    { resource: 'session', verb: 'read' },
    false,
  ],
  [
    'a deny of another resource denies nothing',
    [{ allow: editUsers }, { deny: { rules: [{ resources: ['role'], verbs: ['*'] }] } }],
    { resource: 'user', verb: 'read' },
    true,
  ],
  [
    'a deny about own sessions leaves others',
    [{ allow: { rules: [{ resources: '*', verbs: '*' }] } }, { deny: { rules: [sessionRule(participates)] } }],
    { resource: 'session', verb: 'read', session: { participants: ['bob'] } },
    true,
  ],
  ['a rule grants its verb', [{ allow: readUsers }], { resource: 'user', verb: 'read' }, true],
  ['read grants reading without secrets', [{ allow: readUsers }], { resource: 'user', verb: 'readnosecrets' }, true],
  [
    'wildcards grant all verbs and resources',
    [{ allow: { rules: [{ resources: '*', verbs: '*' }] } }],
    { resource: 'anything', verb: 'rotate' },
    true,
  ],
  [
    'an own session is granted',
    [{ allow: { rules: [sessionRule(`  ${participates} `)] } }],
    { resource: 'session', verb: 'read', session: { participants: ['bob', 'alice'] } },
    true,
  ],
]
for (const [sentence, roles, request, allowed] of rows) {
  test(`rules: ${sentence}`, () => assert.equal(decideOperation(subject(roles), request).allowed, allowed))
}

const operations: readonly (readonly [string, string])[] = [
  ['user', 'create'],
  ['user', 'list'],
  ['role', 'update'],
  ['token', 'delete'],
  ['lock', 'create'],
  ['db', 'read'],
  ['cluster_auth_preference', 'update'],
  ['event', 'list'],
  ['session', 'list'],
  ['instance', 'read'],
  ['db_service', 'create'],
  ['audit_query', 'use'],
]

const presetGrants: Readonly<Record<string, readonly string[]>> = {
  access: ['event list', 'instance read'],
  editor: [
    'user create',
    'user list',
    'role update',
    'token delete',
    'lock create',
    'db read',
    'cluster_auth_preference update',
    'instance read',
  ],
  auditor: ['event list', 'session list', 'instance read', 'audit_query use'],
  requester: [],
  reviewer: [],
}
for (const preset of presetRoles()) {
  test(`the preset ${preset.metadata.name} may do what the table says`, () => {
    const holder = { user: 'alice', roles: [preset], traits: {} }
    const granted = operations.filter(([resource, verb]) => decideOperation(holder, { resource, verb }).allowed)
    assert.deepEqual(
      granted.map((pair) => pair.join(' ')),
      presetGrants[preset.metadata.name],
    )
  })
}

test('the access preset reads the sessions of its holder only', () => {
  const roles = presetRoles().slice(0, 1)
  const read = (participants: readonly string[]) =>
    decideOperation({ user: 'alice', roles, traits: {} }, { resource: 'session', verb: 'read', session: { participants } })
  assert.deepEqual(read(['alice']), { allowed: true, grantedBy: 'access' })
  assert.equal(read(['bob']).allowed, false)
})

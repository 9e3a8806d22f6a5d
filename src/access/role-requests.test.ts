/** Who may ask for which roles, who may review, and what reviews come to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccessRequest, AccessReview, ReviewThreshold } from '#resources'
import { decideReview, decideReviewer, resolveReviews } from './reviews.ts'
import { decideRoleRequest, requestableRoles } from './role-requests.ts'
import { subject, type RoleSketch } from './role.fixture.ts'

const requester = (request: object, more: RoleSketch = {}): RoleSketch => ({ name: 'requester', allow: { request }, ...more })
const traits = { teams: ['db', '*'], empty: [] }

const requests: readonly (readonly [string, readonly RoleSketch[], readonly string[], RegExp | 'allowed'])[] = [
  ['a literal', [requester({ roles: ['dba'] })], ['dba'], 'allowed'],
  ['a glob', [requester({ roles: ['prod-*'] })], ['prod-a', 'prod-b'], 'allowed'],
  ['an expression', [requester({ roles: ['^prod-[ab]$'] })], ['prod-a'], 'allowed'],
  [
    'an expression that does not match',
    [requester({ roles: ['^prod-[ab]$'] })],
    ['prod-c'],
    /no role of "alice" lets you request.*"prod-c"/,
  ],
  ['a name that only begins alike', [requester({ roles: ['dba'] })], ['dba2'], /no role/],
  ['roles of which one is not allowed', [requester({ roles: ['dba'] })], ['dba', 'editor'], /"editor"/],
  ['roles allowed by different roles', [requester({ roles: ['a'] }), requester({ roles: ['b'] })], ['a', 'b'], 'allowed'],
  ['everything but what is denied', [requester({ roles: ['*'] }, { deny: { request: { roles: ['edit*'] } } })], ['editor'], /denies/],
  ['everything, denied by another role', [requester({ roles: ['*'] }), { deny: { request: { roles: ['dba'] } } }], ['dba'], /denies/],
  [
    'a deny that nobody can work out',
    [requester({ roles: ['*'] }), { deny: { request: { roles: ['{{external.x}}'] } } }],
    ['dba'],
    /denies/,
  ],
  ['a trait nobody has', [requester({ roles: ['{{external.empty}}'] })], ['dba'], /no role/],
  ['a trait', [requester({ roles: ['{{external.teams}}-admin'] })], ['db-admin'], 'allowed'],
  ['a trait with a star in other text', [requester({ roles: ['{{external.teams}}-admin'] })], ['root-admin'], /no role/],
  ['search_as_roles only', [requester({ search_as_roles: ['dba'] })], ['dba'], /no role/],
  ['nothing', [requester({ roles: ['*'] })], [], /no role is named/],
  ['no roles at all', [], ['dba'], /no role/],
]

for (const [sentence, roles, wanted, expected] of requests) {
  test(`a request by ${sentence} is ${expected === 'allowed' ? 'allowed' : 'refused'}`, () => {
    const decision = decideRoleRequest(subject(roles, traits), { roles: wanted, reason: 'ticket 7' })
    if (expected === 'allowed') assert.equal(decision.allowed, true)
    else assert.match(decision.allowed ? 'allowed' : decision.reason, expected)
  })
}

test('a reason is demanded as soon as one role that grants demands it', () => {
  const roles = [requester({ roles: ['a'] }), requester({ roles: ['b'], reason: { mode: 'required' } })]
  for (const [wanted, reason, allowed] of [
    [['a'], undefined, true],
    [['b'], undefined, false],
    [['a', 'b'], '  ', false],
    [['b'], 'ticket', true],
  ] as const) {
    assert.equal(decideRoleRequest(subject(roles), { roles: wanted, reason }).allowed, allowed, wanted.join())
  }
})

test('the terms are those of all roles that grant a part: thresholds, the shortest duration, the reviewers', () => {
  const roles = [
    requester({ roles: ['a'], max_duration: '4h', thresholds: [{ approve: 2, deny: 1 }], suggested_reviewers: ['bob'] }),
    requester({ roles: ['a', 'b'], max_duration: '8h' }),
    requester({ roles: ['other'], max_duration: '1h' }),
  ]
  const decision = decideRoleRequest(subject(roles), { roles: ['a'], reason: undefined })
  assert.deepEqual(decision, {
    allowed: true,
    terms: {
      thresholdSets: [[{ approve: 2, deny: 1 }], [{ approve: 1, deny: 1 }]],
      accessMillisecondsMax: 4 * 3_600_000,
      suggestedReviewers: ['bob'],
    },
  })
})

test('a duration or a threshold that makes no sense gives nothing away', () => {
  const section = { roles: ['a'], max_duration: 'long', thresholds: [{ approve: 0, deny: -1 }] }
  const decision = decideRoleRequest(subject([requester(section)]), { roles: ['a'], reason: undefined })
  assert.ok(decision.allowed)
  assert.equal(decision.terms.accessMillisecondsMax, 0)
  assert.deepEqual(decision.terms.thresholdSets, [[{ approve: 1, deny: 1 }]])
})

test('what can be requested leaves out what is held, denied or not allowed', () => {
  const roles = [requester({ roles: ['*'] }, { deny: { request: { roles: ['editor'] } } })]
  assert.deepEqual(requestableRoles(subject(roles), ['requester', 'dba', 'editor', 'access']), ['dba', 'access'])
})

function request(change: Partial<AccessRequest['spec']> = {}): AccessRequest {
  return {
    kind: 'access_request',
    version: 'v3',
    metadata: { name: 'id', labels: {} },
    spec: {
      user: 'bob',
      roles: ['dba'],
      state: 'PENDING',
      created: '2026-01-01T00:00:00Z',
      accessMilliseconds: 1000,
      thresholdSets: [],
      reviews: [],
      ...change,
    },
  }
}

const review = (author: string, state: AccessReview['state'] = 'APPROVED'): AccessReview => ({
  author,
  state,
  created: '2026-01-01T00:00:00Z',
})
const reviewer = (roles: readonly string[], more: object = {}): RoleSketch => ({ allow: { review_requests: { roles, ...more } } })

const reviewsBy: readonly (readonly [string, readonly RoleSketch[], AccessRequest, RegExp | 'allowed'])[] = [
  ['somebody whose role names the requested one', [reviewer(['dba'])], request(), 'allowed'],
  ['somebody whose role names all', [reviewer(['*'])], request({ roles: ['dba', 'editor'] }), 'allowed'],
  ['somebody whose role names a part', [reviewer(['dba'])], request({ roles: ['dba', 'editor'] }), /"editor"/],
  ['somebody without such a role', [{ allow: {} }], request(), /no role of "alice"/],
  ['the requester', [reviewer(['*'])], request({ user: 'alice' }), /nobody may review a request of their own/],
  ['somebody who did already', [reviewer(['*'])], request({ reviews: [review('alice')] }), /already/],
  ['somebody who comes too late', [reviewer(['*'])], request({ state: 'APPROVED' }), /no effect/],
  ['somebody whose other role denies it', [reviewer(['*']), { deny: { review_requests: { roles: ['dba'] } } }], request(), /denies/],
  ['somebody under a condition', [reviewer(['*'], { where: 'contains(...)' })], request(), /no role/],
  [
    'somebody with a denial under a condition',
    [reviewer(['*']), { deny: { review_requests: { roles: ['*'], where: 'x' } } }],
    request(),
    /denies/,
  ],
  ['a reviewer of a request for nothing', [reviewer(['*'])], request({ roles: [] }), /no role/],
]

for (const [sentence, roles, wanted, expected] of reviewsBy) {
  test(`a review by ${sentence} is ${expected === 'allowed' ? 'allowed' : 'refused'}`, () => {
    const decision = decideReview(subject(roles), wanted)
    if (expected === 'allowed') assert.equal(decision.allowed, true)
    else assert.match(decision.allowed ? 'allowed' : decision.reason, expected)
  })
}

test('a reviewer stays one when the request is decided', () => {
  assert.equal(decideReviewer(subject([reviewer(['*'])]), request({ state: 'DENIED' })).allowed, true)
})

const two: ReviewThreshold = { approve: 2, deny: 2 }
const outcomes: readonly (readonly [string, readonly (readonly ReviewThreshold[])[], readonly AccessReview[], string])[] = [
  ['no review', [], [], 'PENDING'],
  ['one approval without a threshold', [], [review('b')], 'APPROVED'],
  ['one denial without a threshold', [], [review('b', 'DENIED')], 'DENIED'],
  ['one approval of two', [[two]], [review('b')], 'PENDING'],
  ['two approvals of two', [[two]], [review('b'), review('c')], 'APPROVED'],
  ['two approvals and a denial', [[two]], [review('b'), review('c', 'DENIED'), review('d')], 'APPROVED'],
  ['two denials of two', [[two]], [review('b', 'DENIED'), review('c', 'DENIED')], 'DENIED'],
  ['the easier threshold of a set', [[two, { approve: 1, deny: 1 }]], [review('b')], 'APPROVED'],
  ['the easier one of two sets', [[two], [{ approve: 1, deny: 1 }]], [review('b')], 'PENDING'],
  ['a threshold with a filter', [[{ approve: 1, deny: 1, filter: 'equals(...)' }]], [review('b')], 'PENDING'],
]

for (const [sentence, thresholdSets, reviews, expected] of outcomes) {
  test(`${sentence} comes to ${expected}`, () => assert.equal(resolveReviews({ thresholdSets, reviews }), expected))
}

/** What the cluster demands, beside what roles say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noConditions, type Role, type RoleOptions } from '#resources'
import { rolesUnder, type ClusterDemands } from './cluster-preference.ts'
import { combineSessionOptions } from './session-options.ts'

const lenient: ClusterDemands = { requireSessionMfa: false, lockingMode: 'best_effort', disconnectExpiredCert: false }
const strict: ClusterDemands = { requireSessionMfa: true, lockingMode: 'strict', disconnectExpiredCert: true }

function roles(...options: readonly RoleOptions[]): readonly Role[] {
  return options.map((own, index) => ({
    kind: 'role',
    version: 'v7',
    metadata: { name: `r${index}`, labels: {} },
    spec: { options: own, allow: noConditions, deny: noConditions },
  }))
}

const rows: readonly (readonly [string, ClusterDemands, readonly Role[], boolean, boolean, 'strict' | 'best_effort'])[] = [
  ['a cluster that demands nothing', lenient, roles({}, {}), false, false, 'best_effort'],
  ['a cluster that demands everything', strict, roles({}, {}), true, true, 'strict'],
  ['a role that demands more than the cluster', lenient, roles({ requireSessionMfa: true, lock: 'strict' }, {}), true, false, 'strict'],
  ['a role that is more lenient about locks', strict, roles({ lock: 'best_effort' }, {}), true, true, 'best_effort'],
  [
    'a role that says no to what the cluster demands',
    strict,
    roles({ requireSessionMfa: false, disconnectExpiredCert: false }),
    true,
    true,
    'strict',
  ],
]

for (const [sentence, demands, held, requireSessionMfa, disconnectExpiredCert, lock] of rows) {
  test(sentence, () => {
    const combined = combineSessionOptions(rolesUnder(demands, held))
    assert.partialDeepStrictEqual(combined, { requireSessionMfa, disconnectExpiredCert, lock })
  })
}

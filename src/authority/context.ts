/** What every part of the authority is given: its stores, the world's ports, and what the cluster is called. */
import type { AuditStore } from '#audit-log'
import type { Clock, Log, Randomness, Secret } from '#foundation'
import type { AuthPreferenceSpec } from '#resources'
import type { Store } from '#storage'
import type { StaticToken } from './tokens.ts'

export interface AuthorityConfiguration {
  /** Fixed at the first start; another name later is refused. */
  readonly clusterName: string
  readonly version: string
  /** Where people reach a proxy (`host:port`), for links while no proxy has announced itself. */
  readonly publicAddresses: readonly string[]
  /** What the configuration file says about authentication; it holds until an administrator says something else. */
  readonly authPreference?: Partial<AuthPreferenceSpec>
  /** Join tokens of the configuration file; they last as long as they stand there. */
  readonly staticTokens?: readonly StaticToken[]
  /** How often one address may call what needs no certificate; 20 unless told, with bursts of twice as many. */
  readonly strangerCallsPerMinute?: number
}

export interface AuthorityOptions {
  readonly store: Store
  readonly auditStore: AuditStore
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Log
  readonly configuration: AuthorityConfiguration
  /** 32 bytes that seal private keys and second factors at rest; kept outside the store. */
  readonly secretKey: Secret<Uint8Array>
}

export function later(clock: Clock, milliseconds: number): Date {
  return new Date(clock.now().getTime() + milliseconds)
}

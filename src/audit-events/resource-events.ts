/** Events of resources that administrators keep: roles, accounts that are unlocked, tokens that are changed, the cluster's preference. */
import type { ActorFields } from './cluster-events.ts'

/** `name` is the role. */
export interface RoleChange extends ActorFields {
  readonly event: 'role.created' | 'role.updated' | 'role.deleted'
  readonly code: 'T9000I' | 'T9001I' | 'T9002I'
  readonly name: string
}

/** `name` is the user whose lock after failed logins was lifted. */
export interface UserUnlock extends ActorFields {
  readonly event: 'user.unlock'
  readonly code: 'TPU02I'
  readonly name: string
}

/** `name` is masked: a token's value is a secret. */
export interface TokenUpdate extends ActorFields {
  readonly event: 'token.update'
  readonly code: 'TPT03I'
  readonly name: string
  readonly roles?: readonly string[] | undefined
  readonly expires?: string | undefined
}

/** How people authenticate was changed, or set back to how it is without anybody's word. */
export interface AuthPreferenceUpdate extends ActorFields {
  readonly event: 'auth_preference.update'
  readonly code: 'TCAUTH001I'
  readonly reset: boolean
}

export type ResourceEventBody = RoleChange | UserUnlock | TokenUpdate | AuthPreferenceUpdate

/** The authority's own lines in the audit log: who did what, stamped and appended before the answer goes out. */
import { auditEvent, type ActorFields, type AuditEventBody, type StatusFields } from '#audit-events'
import type { AuditStore } from '#audit-log'
import type { Caller } from '#authority-api'
import type { Identity } from '#certificates'
import { PortunusError, type Clock, type Randomness } from '#foundation'

export interface AuditTrail {
  /** Rejects when it cannot be written, and then the operation fails: what is not recorded does not happen. */
  record(body: AuditEventBody): Promise<void>
}

export function openAuditTrail(options: {
  readonly auditStore: AuditStore
  readonly clock: Clock
  readonly randomness: Randomness
  readonly clusterName: string
}): AuditTrail {
  return {
    async record(body) {
      const stamp = { uid: options.randomness.uuid(), time: options.clock.now(), clusterName: options.clusterName }
      await options.auditStore.append([auditEvent(body, stamp)])
    },
  }
}

/** Who called, as the audit log names them. */
export function actorOf(caller: Caller): ActorFields {
  return { ...actorOfIdentity(caller.identity), client_address: caller.peer.remoteAddress }
}

/** A host is named by id and cluster, because nobody else can vouch for what it did. */
export function actorOfIdentity(identity: Identity): ActorFields {
  return identity.kind === 'user'
    ? { user: identity.user, user_kind: 'human' }
    : { user: `${identity.hostId}.${identity.cluster}`, user_kind: 'host' }
}

/** A failure as the audit log tells it; unexpected ones without their inner text. */
export function failureOf(error: unknown): StatusFields {
  if (!(error instanceof PortunusError)) return { success: false, error: 'an unexpected failure', error_code: 'INTERNAL' }
  return { success: false, error: error.message, error_code: error.code }
}

/** Who may call what: the only place where an operation is allowed or refused. Deny is the answer to everything not named. */
import type { X509Certificate } from 'node:crypto'
import { decideOperation, type AccessSubject } from '#access'
import { checkCertificateTime, type HostIdentity, type Identity, type UserIdentity } from '#certificates'
import { PortunusError, type ErrorCategory } from '#foundation'
import type { Need, Needs } from './operation.ts'

/** Who is at the other end, as TLS has proven it; the in-process peers of the authority's own host have no certificate. */
export interface Peer {
  readonly identity: Identity | undefined
  readonly certificate?: X509Certificate | undefined
  readonly remoteAddress: string
}

/** A peer whose certificate is in force and of this cluster. */
export type Principal =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'host'; readonly identity: HostIdentity }
  | { readonly kind: 'user'; readonly identity: UserIdentity; readonly subject: AccessSubject }

export interface PermissionContext {
  readonly clusterName: string
  readonly now: () => Date
  /** The user with the roles held now; throws for a user who was deleted or is locked. */
  readonly subjectOf: (identity: UserIdentity) => Promise<AccessSubject>
}

export type PermissionDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly category: ErrorCategory; readonly reason: string; readonly hint: string }

const loginHint = 'run: tsh login'

/**
 * Turns a peer into a principal. Certificates are checked at every request, because connections outlive them.
 * Throws CERTIFICATE_EXPIRED, CLUSTER_MISMATCH, and whatever `subjectOf` throws.
 */
export async function principalOf(peer: Peer, context: PermissionContext): Promise<Principal> {
  const { identity, certificate } = peer
  if (identity === undefined) return { kind: 'nobody' }
  if (certificate !== undefined) checkCertificateTime(certificate, context.now())
  if (identity.cluster !== context.clusterName) throw clusterMismatch(identity.cluster, context.clusterName)
  if (identity.kind === 'host') return { kind: 'host', identity }
  // A person always comes with a certificate; without one nobody has proven anything.
  if (certificate === undefined) return { kind: 'nobody' }
  if (identity.usage !== 'login') return { kind: 'user', identity, subject: { user: identity.user, roles: [], traits: {} } }
  return { kind: 'user', identity, subject: await context.subjectOf(identity) }
}

function clusterMismatch(theirs: string, ours: string): PortunusError {
  return new PortunusError('CLUSTER_MISMATCH', `Cannot accept the certificate of cluster "${theirs}": this is cluster "${ours}"`, {
    category: 'unauthenticated',
    hint: loginHint,
  })
}

/** Allowed when any one of the needs is met. */
export function decidePermission(needs: Needs, principal: Principal): PermissionDecision {
  if (principal.kind === 'nobody') {
    return { allowed: false, category: 'unauthenticated', reason: 'no certificate of this cluster was shown', hint: loginHint }
  }
  if (principal.kind === 'user' && principal.identity.usage !== 'login') {
    return {
      allowed: false,
      category: 'access-denied',
      reason: 'a database certificate opens databases and nothing else',
      hint: loginHint,
    }
  }
  const refusals: PermissionDecision[] = []
  for (const need of needs) {
    const decision = decideNeed(need, principal)
    if (decision.allowed) return decision
    refusals.push(decision)
  }
  return mostHelpful(refusals)
}

/** For a person the missing rule says more than the missing host role. */
function mostHelpful(refusals: readonly PermissionDecision[]): PermissionDecision {
  return refusals.at(-1) ?? refused('nobody may do it', 'ask an administrator')
}

function refused(reason: string, hint: string): PermissionDecision {
  return { allowed: false, category: 'access-denied', reason, hint }
}

type Known = Exclude<Principal, { kind: 'nobody' }>

function decideNeed(need: Need, principal: Known): PermissionDecision {
  switch (need.kind) {
    case 'anyone-through-proxy':
      return decideHost('Proxy', principal)
    case 'host':
      return decideHost(need.role, principal)
    case 'any-host':
      return principal.kind === 'host' ? { allowed: true } : refused('only hosts of the cluster may do it', 'use a host certificate')
    case 'anyone-with-certificate':
      return { allowed: true }
    case 'user':
      return principal.kind === 'user' ? { allowed: true } : refused('only people may do it', loginHint)
    case 'rule':
      return decideRule(need, principal)
  }
  need satisfies never
}

function decideHost(role: HostIdentity['roles'][number], principal: Known): PermissionDecision {
  if (principal.kind === 'host' && principal.identity.roles.includes(role)) return { allowed: true }
  return refused(`only a host with the role ${role} may do it`, `join a host with a token of type ${role.toLowerCase()}`)
}

function decideRule(need: Extract<Need, { kind: 'rule' }>, principal: Known): PermissionDecision {
  if (principal.kind === 'host') return decideHost('Admin', principal)
  const decision = decideOperation(principal.subject, { resource: need.resource, verb: need.verb })
  return decision.allowed ? { allowed: true } : refused(decision.reason, decision.hint)
}

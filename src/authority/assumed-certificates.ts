/** Login certificates that carry what access requests granted, beside the login they come from. */
import { sessionTtlMilliseconds } from '#access'
import { PortunusError, type Clock, type Randomness } from '#foundation'
import { unknown } from './access-request-refusals.ts'
import type { AccessRequests } from './access-requests.ts'
import { later } from './context.ts'
import type { LoggedIn } from './database-certificates.ts'
import type { IssuedCertificate, Issuer } from './issue.ts'
import type { Locks } from './locks.ts'
import type { Roles } from './roles.ts'
import type { Users } from './users.ts'

export interface AssumedCertificates {
  /** Throws ACCESS_REQUEST_UNKNOWN, ACCESS_REQUEST_NOT_APPROVED, LOCK_IN_FORCE. */
  issue(person: LoggedIn, request: { readonly publicKeyPem: string; readonly ids: readonly string[] }): Promise<IssuedCertificate>
}

export interface AssumedCertificatesOptions {
  readonly accessRequests: AccessRequests
  readonly users: Users
  readonly roles: Roles
  readonly locks: Locks
  readonly issuer: Issuer
  readonly clock: Clock
  readonly randomness: Randomness
}

export function openAssumedCertificates(options: AssumedCertificatesOptions): AssumedCertificates {
  const { accessRequests, issuer, clock, randomness } = options
  return {
    async issue({ identity, certificate }, { publicKeyPem, ids }) {
      const activeRequests = [...new Set(ids)]
      for (const id of activeRequests) await refuseUngranted(id, identity.user, accessRequests)
      const granted = await accessRequests.granted({ user: identity.user, activeRequests })
      const user = await options.users.require(identity.user)
      const names = [...new Set([...user.spec.roles, ...granted.flatMap(({ spec }) => spec.roles)])]
      const subject = { user: identity.user, roles: names, accessRequests: activeRequests }
      await options.locks.refuse(subject, `assume the access request "${activeRequests.join(', ')}"`)
      const ends = granted.flatMap(({ metadata }) => (metadata.expires === undefined ? [] : [new Date(metadata.expires)]))
      const ttl = sessionTtlMilliseconds(await options.roles.named(names), undefined)
      return await issuer.issue({
        authority: 'user',
        publicKeyPem,
        identity: {
          ...identity,
          roles: names,
          traits: user.spec.traits,
          activeRequests,
          certificateId: randomness.uuid(),
          previousExpiry: certificate.validToDate.toISOString(),
        },
        usages: ['client'],
        notAfter: earliest([later(clock, ttl), certificate.validToDate, ...ends]),
      })
    },
  }
}

/** Somebody else's request looks as if it were not there. */
async function refuseUngranted(id: string, user: string, accessRequests: AccessRequests): Promise<void> {
  const { spec } = await accessRequests.require(id)
  if (spec.user !== user) throw unknown(id)
  if (spec.state === 'APPROVED') return
  const why = spec.state === 'DENIED' && spec.resolveReason !== undefined ? ` (${spec.resolveReason})` : ''
  throw new PortunusError(
    'ACCESS_REQUEST_NOT_APPROVED',
    `Cannot assume the access request "${id}": it is ${spec.state.toLowerCase()}${why}`,
    {
      category: 'access-denied',
      hint: spec.state === 'PENDING' ? `see what came of it with: tsh request show ${id}` : 'make a new request with: tsh request create',
    },
  )
}

function earliest(times: readonly Date[]): Date {
  return new Date(Math.min(...times.map((time) => time.getTime())))
}

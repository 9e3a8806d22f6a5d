/** Hosts: how they join with a token, renew their certificates, and what names those certificates carry. */
import * as z from 'zod'
import { hostJoin } from '#audit-events'
import { agentServerName, authorityServerName, generateKeyPair, proxyServerName, type HostIdentity } from '#certificates'
import { PortunusError, Secret, type Clock, type Randomness } from '#foundation'
import { parseSystemRole } from '#resources'
import type { Store } from '#storage'
import { failureOf, type AuditTrail } from './audit-trail.ts'
import { openCollection } from './collection.ts'
import { later } from './context.ts'
import type { IssuedCertificate, Issuer } from './issue.ts'
import type { JoinRole, Tokens } from './tokens.ts'

export interface JoinRequest {
  readonly token: string
  readonly hostId: string
  readonly hostname: string
  readonly roles: readonly string[]
  readonly publicKeyPem: string
  readonly clientAddress: string
}

export interface LocalHost {
  readonly identity: HostIdentity
  readonly certificatePem: string
  readonly privateKeyPem: Secret<string>
}

export interface Hosts {
  /** Throws JOIN_TOKEN_REFUSED, JOIN_ROLE_REFUSED, HOST_ID_MALFORMED, HOST_ID_TAKEN. */
  join(request: JoinRequest): Promise<IssuedCertificate>
  /** The same identity, a new key and a new end. */
  renew(identity: HostIdentity, publicKeyPem: string): Promise<IssuedCertificate>
  /** For the process the authority runs in: no token, because whoever runs it holds the keys of the authorities. */
  issueLocal(host: { readonly roles: HostIdentity['roles']; readonly hostname: string; readonly hostId?: string }): Promise<LocalHost>
}

/** A year; hosts renew long before. */
const hostTtlMilliseconds = 365 * 86_400_000
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** A host id is somebody's as long as a certificate with it may live: a token must not let its holder become another host. */
const record = z.object({ hostname: z.string() })

export interface HostsOptions {
  readonly tokens: Tokens
  readonly issuer: Issuer
  readonly audit: AuditTrail
  readonly clock: Clock
  readonly randomness: Randomness
  readonly clusterName: string
}

export function openHosts(store: Store, options: HostsOptions): Hosts {
  const joined = openCollection(store, { prefix: 'hosts', parse: (input) => record.parse(input), print: (value) => value })
  const claim = async ({ hostId, hostname }: Pick<JoinRequest, 'hostId' | 'hostname'>): Promise<void> => {
    await joined.create(hostId, { hostname }, { expires: later(options.clock, hostTtlMilliseconds) }).catch((error: unknown) => {
      throw error instanceof PortunusError && error.code === 'STORE_KEY_EXISTS' ? hostIdTaken(hostId, hostname) : error
    })
  }
  const issue = (identity: HostIdentity, publicKeyPem: string): Promise<IssuedCertificate> =>
    options.issuer.issue({
      authority: 'host',
      publicKeyPem,
      identity,
      usages: ['client', 'server'],
      dnsNames: dnsNamesOf(identity),
      notAfter: later(options.clock, hostTtlMilliseconds),
    })
  return {
    async join(request) {
      const host = { host_id: request.hostId, hostname: request.hostname, method: 'token', client_address: request.clientAddress } as const
      try {
        const roles = await admit(request, options.tokens)
        await claim(request)
        const issued = await issue(identityOf({ ...request, roles }, options), request.publicKeyPem).catch(async (error: unknown) => {
          await joined.delete(request.hostId)
          throw error
        })
        await options.audit.record(hostJoin({ ...host, roles, success: true }))
        return issued
      } catch (error) {
        await options.audit.record(hostJoin({ ...host, roles: request.roles, ...failureOf(error) }))
        throw error
      }
    },
    async renew(identity, publicKeyPem) {
      const { hostId, hostname } = identity
      const issued = await issue({ ...identity, certificateId: options.randomness.uuid() }, publicKeyPem)
      await joined.put(hostId, { hostname }, { expires: issued.validUntil })
      return issued
    },
    async issueLocal(host) {
      const identity = identityOf({ ...host, hostId: host.hostId ?? options.randomness.uuid() }, options)
      const { privateKeyPem, publicKeyPem } = await generateKeyPair()
      const { certificatePem } = await issue(identity, publicKeyPem)
      return { identity, certificatePem, privateKeyPem: new Secret(privateKeyPem) }
    },
  }
}

async function admit(request: JoinRequest, tokens: Tokens): Promise<readonly JoinRole[]> {
  if (!uuidPattern.test(request.hostId)) throw hostIdMalformed(request.hostId)
  const token = await tokens.find(request.token)
  if (token === undefined) throw tokenRefused(request.hostname)
  const wanted = request.roles.map(parseSystemRole)
  return wanted.map((role) => {
    const allowed = token.roles.find((known) => known === role)
    if (allowed === undefined) throw roleRefused(request.hostname, role)
    return allowed
  })
}

function identityOf(
  host: { readonly hostId: string; readonly hostname: string; readonly roles: HostIdentity['roles'] },
  options: HostsOptions,
): HostIdentity {
  return {
    kind: 'host',
    hostId: host.hostId,
    hostname: host.hostname,
    cluster: options.clusterName,
    roles: [...new Set(host.roles)],
    certificateId: options.randomness.uuid(),
  }
}

/** Only the role decides the name, so that an agent can never answer as the authority or a proxy. */
function dnsNamesOf(identity: HostIdentity): readonly string[] {
  return identity.roles.flatMap((role) => {
    switch (role) {
      case 'Auth':
        return [authorityServerName]
      case 'Proxy':
        return [proxyServerName]
      case 'Db':
        return [agentServerName(identity.hostId, identity.cluster)]
      case 'Admin':
        return []
    }
    role satisfies never
  })
}

function hostIdMalformed(hostId: string): PortunusError {
  return new PortunusError('HOST_ID_MALFORMED', `Cannot join as host ${JSON.stringify(hostId.slice(0, 64))}: the host id is no UUID`, {
    category: 'bad-input',
    hint: 'remove the file host_uuid from the data directory, it is made anew at the next start',
  })
}

function hostIdTaken(hostId: string, hostname: string): PortunusError {
  return new PortunusError('HOST_ID_TAKEN', `Cannot join as "${hostname}": a host with the id "${hostId}" has joined before`, {
    category: 'already-exists',
    hint: 'to join as a new host, remove the file host_uuid from the data directory; it is made anew at the next start',
  })
}

function tokenRefused(hostname: string): PortunusError {
  return new PortunusError('JOIN_TOKEN_REFUSED', `Cannot join as "${hostname}": the token is expired or not known`, {
    category: 'access-denied',
    hint: 'create a token with: tctl tokens add --type=db --format=text',
  })
}

function roleRefused(hostname: string, role: string): PortunusError {
  return new PortunusError('JOIN_ROLE_REFUSED', `Cannot join as "${hostname}" with the role "${role}": the token does not allow it`, {
    category: 'access-denied',
    hint: `create a token with: tctl tokens add --type=${role.toLowerCase()} --format=text`,
  })
}

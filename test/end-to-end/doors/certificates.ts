/** Certificates for people and hosts, right and wrong ones, under any authority. */
import { randomBytes, randomUUID } from 'node:crypto'
import {
  createCertificateAuthority,
  generateKeyPair,
  issueCertificate,
  type CertificateRequest,
  type CertificateUsage,
  type HostIdentity,
  type HostRole,
  type Identity,
  type UserIdentity,
} from '#certificates'
import type { KeyPairPem } from '#foundation'
import { clusterName, service } from './cluster.ts'

export type Issuer = CertificateRequest['authority']

const hourMilliseconds = 3_600_000

export const hoursFromNow = (hours: number): Date => new Date(Date.now() + hours * hourMilliseconds)

export function person(changes: Partial<UserIdentity> = {}): UserIdentity {
  return {
    kind: 'user',
    user: 'alice',
    roles: ['access'],
    traits: { db_users: ['alice'], db_names: ['dev'] },
    cluster: clusterName,
    usage: 'login',
    certificateId: randomUUID(),
    ...changes,
  }
}

export function personForDatabase(changes: Partial<UserIdentity> = {}): UserIdentity {
  return person({ usage: 'db', route: { service, protocol: 'postgres', user: 'alice', name: 'dev' }, ...changes })
}

export function hostWith(role: HostRole, changes: Partial<HostIdentity> = {}): HostIdentity {
  return {
    kind: 'host',
    hostId: randomUUID(),
    hostname: 'somewhere',
    cluster: clusterName,
    roles: [role],
    certificateId: randomUUID(),
    ...changes,
  }
}

export interface Issue {
  readonly issuer: Issuer
  readonly identity?: Identity
  readonly notBefore?: Date
  readonly notAfter?: Date
  readonly usages?: readonly CertificateUsage[]
}

export async function issue(request: Issue): Promise<KeyPairPem> {
  const { privateKeyPem, publicKeyPem } = await generateKeyPair()
  const { issuer, identity } = request
  const certificatePem = await issueCertificate({
    authority: issuer,
    publicKeyPem,
    commonName: 'knocker',
    ...(identity === undefined ? {} : { identity }),
    notBefore: request.notBefore ?? hoursFromNow(-2),
    notAfter: request.notAfter ?? hoursFromNow(1),
    serial: randomBytes(16),
    usages: request.usages ?? ['client'],
  })
  return { certificatePem, privateKeyPem }
}

/** An authority nobody here trusts; with the serial number of a trusted one it even carries the same name. */
export function makeAuthority(
  type: 'host' | 'user',
  options: { readonly cluster?: string; readonly serial?: Uint8Array } = {},
): Promise<Issuer> {
  return createCertificateAuthority({
    type,
    cluster: options.cluster ?? clusterName,
    notBefore: hoursFromNow(-24),
    notAfter: hoursFromNow(24),
    serial: options.serial ?? randomBytes(16),
  })
}

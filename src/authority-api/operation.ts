/** What an operation is made of: where it lives, what goes in and out, and who may call it. It knows no operation by name. */
import type * as z from 'zod'

export type HttpMethod = 'GET' | 'POST'

/**
 * One way of being allowed. A host is a process with a certificate of the host authority; a user is a person
 * with a login certificate, never with a database certificate.
 */
export type Need =
  /** A proxy speaks for somebody who has no certificate yet. */
  | { readonly kind: 'anyone-through-proxy' }
  /** Any host, or any user. */
  | { readonly kind: 'anyone-with-certificate' }
  | { readonly kind: 'any-host' }
  | { readonly kind: 'host'; readonly role: 'Proxy' | 'Db' | 'Admin' }
  | { readonly kind: 'user' }
  /** A user whose roles have the rule, or the local administrator. */
  | { readonly kind: 'rule'; readonly resource: string; readonly verb: string }

/** Any one of them suffices. Not empty, so that an operation nobody thought about does not compile. */
export type Needs = readonly [Need, ...Need[]]

export interface Operation {
  readonly method: HttpMethod
  readonly path: `/v1/${string}`
  readonly needs: Needs
  readonly request: z.ZodType
  readonly response: z.ZodType
  /** The largest request body; `requestBytesMax` of the server unless told. */
  readonly requestBytesMax?: number
}

export const throughProxy: Need = { kind: 'anyone-through-proxy' }
export const withCertificate: Need = { kind: 'anyone-with-certificate' }
export const anyHost: Need = { kind: 'any-host' }
export const anyUser: Need = { kind: 'user' }

export function host(role: 'Proxy' | 'Db' | 'Admin'): Need {
  return { kind: 'host', role }
}

export function rule(resource: string, verb: 'create' | 'read' | 'list' | 'update' | 'delete'): Need {
  return { kind: 'rule', resource, verb }
}

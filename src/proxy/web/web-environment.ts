/** What the web application is given: the authority by the slice it needs, its files, its clock, and who asks. */
import type { Hono } from 'hono'
import type { AuthorityClient } from '#authority-api'
import type { Clock, Log } from '#foundation'

/** What the web API asks of the authority. */
export type WebAuthority = Pick<AuthorityClient, 'ping' | 'login' | 'getInvite' | 'redeemInvite' | 'joinHost'>

/** The files of the built web UI; the path is relative to its folder, as in `assets/app.js`. */
export interface WebAssets {
  read(path: string): { readonly bytes: Uint8Array<ArrayBuffer>; readonly contentType: string } | undefined
}

export interface WebApplicationOptions {
  readonly authority: WebAuthority
  readonly assets: WebAssets
  /** `host:port` under which people reach this proxy. */
  readonly publicAddress: string
  readonly version: string
  readonly clock: Pick<Clock, 'monotonicMilliseconds'>
  readonly log: Pick<Log, 'error'>
}

/** Told with every request. */
export interface WebEnvironment {
  readonly remoteAddress: string
}

export type WebApplication = Hono<{ Bindings: WebEnvironment }>

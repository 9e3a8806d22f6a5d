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

/** The package this proxy runs from, to be installed on other hosts; made when it is first asked for. */
export interface InstallPackages {
  /** `linux-x64` and the like: the one platform whose runtime this proxy has. */
  readonly platform: string
  package(): Promise<{ readonly sha256: string; readonly sizeBytes: number; readonly open: () => ReadableStream<Uint8Array> }>
}

export interface WebApplicationOptions {
  readonly authority: WebAuthority
  readonly assets: WebAssets
  /** `host:port` under which people reach this proxy. */
  readonly publicAddress: string
  /** Whether the web certificate is signed by the cluster's own authority, so that people need its pin to log in. */
  readonly isSelfMade?: boolean | undefined
  /** Absent where the proxy runs from source. */
  readonly packages?: InstallPackages | undefined
  readonly version: string
  readonly clock: Pick<Clock, 'monotonicMilliseconds'>
  readonly log: Pick<Log, 'error'>
}

/** Told with every request. */
export interface WebEnvironment {
  readonly remoteAddress: string
}

export type WebApplication = Hono<{ Bindings: WebEnvironment }>

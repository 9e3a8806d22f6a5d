/** What the client asks of the world beyond the foundation's ports: an HTTP/2 connection, a JSON request, a look at a presented chain. */
import type { X509Certificate } from 'node:crypto'
import type { Address, Clock, Connection, Files, Log, Network, Tls, TlsConnectOptions, TlsConnection } from '#foundation'

/** One HTTP/2 connection; requests fail when it is lost. */
export interface Http2Connection extends AsyncDisposable {
  request(call: Http2Call): Promise<{ readonly status: number; readonly body: string }>
  /** Whether new requests can be sent. */
  readonly isOpen: boolean
}

export interface Http2Call {
  readonly method: string
  readonly path: string
  readonly body?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface WebRequest {
  readonly address: Address
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly body?: unknown
  readonly tls: Omit<TlsConnectOptions, 'alpn'>
  readonly signal?: AbortSignal | undefined
}

export interface WebAnswer {
  readonly status: number
  /** The parsed body; undefined when it is no JSON. */
  readonly json: unknown
}

/** Everything the client does to the outside happens through this. */
export interface ClientWorld {
  readonly clock: Clock
  readonly files: Files
  readonly network: Network
  readonly tls: Tls
  readonly log: Log
  readonly openHttp2Client: (connection: TlsConnection) => Http2Connection
  readonly httpsJson: (request: WebRequest) => Promise<WebAnswer>
  /** The chain a server presents, leaf first, nothing verified. */
  readonly presentedChain: (connection: Connection, serverName: string) => Promise<readonly X509Certificate[]>
}

/** The ports of the world: what the rooms above may ask of a clock, of chance, of files, the network and a terminal. */
import type { Duplex } from 'node:stream'
import type { X509Certificate } from 'node:crypto'

export interface Clock {
  now(): Date
  /** Milliseconds from an arbitrary start that never runs backwards; for durations. */
  monotonicMilliseconds(): number
  /** Resolves after the time, or rejects with the signal's reason when it is aborted first. */
  sleep(milliseconds: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>
  /** Runs once after the time unless disposed first; never keeps the process alive by itself. */
  timer(milliseconds: number, callback: () => void): Disposable
  /** A signal that aborts after the time. */
  deadline(milliseconds: number): AbortSignal
}

export interface Randomness {
  bytes(length: number): Uint8Array
  uuid(): string
  /** A number in [0, 1); for jitter, never for secrets. */
  fraction(): number
}

export type LogFields = Readonly<Record<string, unknown>>

/** Events with fields, never payloads, queries or tokens. */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  child(fields: LogFields): Log
}

export interface FileInformation {
  readonly kind: 'file' | 'directory' | 'other'
  readonly sizeBytes: number
  readonly mode: number
  readonly modifiedAt: Date
}

/** Files by absolute path. Failures are PortunusErrors: FILE_NOT_FOUND (not-found), FILE_ACCESS_DENIED (access-denied), FILE_EXISTS (already-exists), FILE_FAILED. */
export interface Files {
  readText(path: string): Promise<string>
  /** The text, or undefined where there is no such file. */
  readTextIfPresent(path: string): Promise<string | undefined>
  readBytes(path: string): Promise<Uint8Array>
  /** Writes by rename, so that readers see the old text or the new one. Parent directories are made (0700 unless told otherwise). */
  writeText(
    path: string,
    text: string,
    options?: { readonly mode?: number; readonly exclusive?: boolean; readonly directoryMode?: number },
  ): Promise<void>
  remove(path: string): Promise<void>
  removeDirectory(path: string): Promise<void>
  /** Names in a directory, sorted; empty where there is none. */
  list(path: string): Promise<readonly string[]>
  information(path: string): Promise<FileInformation | undefined>
}

export interface Address {
  readonly host: string
  readonly port: number
}

export interface Listener extends AsyncDisposable {
  readonly address: Address
}

/** A raw TCP connection; the peer's address is known. */
export interface Connection {
  readonly stream: Duplex
  readonly remoteAddress: string
}

export interface Network {
  /** Opens TCP with no-delay and keep-alive. Throws NETWORK_DIAL_FAILED (unavailable) with the cause named: DNS, refused, timed out. */
  dial(address: Address, options?: { readonly signal?: AbortSignal | undefined }): Promise<Connection>
  /** Listens on TCP; port 0 takes a free one. Throws NETWORK_PORT_IN_USE. */
  listen(address: Address, onConnection: (connection: Connection) => void): Promise<Listener>
  /**
   * Listens on a Unix socket that only the owner may open (mode 0600). A socket that nothing listens on any more is replaced.
   * Throws NETWORK_SOCKET_IN_USE when something does, or when the path is another kind of file.
   */
  listenUnix(path: string, onConnection: (connection: Connection) => void): Promise<AsyncDisposable>
}

/** A finished TLS session whose peer certificate, if any, has been verified against the wanted authorities. */
export interface TlsConnection {
  readonly stream: Duplex
  readonly peerCertificate: X509Certificate | undefined
  readonly alpn: string | undefined
  readonly remoteAddress: string
  /** RFC 5705 / RFC 8446 section 7.5 exporter. */
  exportKeyingMaterial(lengthBytes: number, label: string): Uint8Array
}

export interface KeyPairPem {
  readonly certificatePem: string
  readonly privateKeyPem: string
}

/** Materials are read afresh for every handshake, so that rotations need no restart. */
export interface TlsAcceptorOptions {
  readonly identity: () => KeyPairPem
  /** Authorities a client certificate must chain to; absent: no client certificate is asked for. */
  readonly clientAuthoritiesPem?: (() => readonly string[]) | undefined
  readonly alpn?: readonly string[] | undefined
  readonly handshakeMillisecondsMax?: number
}

export interface TlsConnectOptions {
  readonly serverName: string
  /** Authorities the server must chain to; absent: the system's roots and SSL_CERT_FILE. */
  readonly authoritiesPem?: readonly string[] | undefined
  readonly identity?: KeyPairPem | undefined
  readonly alpn?: readonly string[] | undefined
  /** Replaces the host name check; throw to refuse. The chain is always verified. */
  readonly verifyPeer?: ((certificate: X509Certificate) => void) | undefined
  /** Verifies nothing at all; only for --insecure. */
  readonly insecure?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface TlsAcceptor {
  /** Runs the server side of the handshake; rejects with TLS_CLIENT_REFUSED when the peer's certificate is missing, strange, expired or of a wrong use. */
  accept(connection: Connection): Promise<TlsConnection>
}

export interface Tls {
  acceptor(options: TlsAcceptorOptions): TlsAcceptor
  /** Runs the client side; rejects with TLS_SERVER_UNTRUSTED, TLS_SERVER_NAME_MISMATCH, TLS_CERTIFICATE_LEGACY_COMMON_NAME, TLS_SERVER_EXPIRED or TLS_FAILED. */
  connect(connection: Connection, options: TlsConnectOptions): Promise<TlsConnection>
}

/** A person's terminal: `answer` is the asked-for output (stdout), `tell` the conversation (stderr). */
export interface Terminal {
  readonly isInteractive: boolean
  readonly columns: number | undefined
  answer(text: string): void
  tell(text: string): void
  /**
   * Asks on stderr. Interactive: hidden answers are not echoed. Otherwise each answer is one line of standard input.
   * Throws PROMPT_INPUT_ENDED when standard input has no further line.
   */
  prompt(label: string, options?: { readonly hidden?: boolean }): Promise<string>
}

export type Environment = Readonly<Record<string, string | undefined>>

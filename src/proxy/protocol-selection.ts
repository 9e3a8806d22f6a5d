/** Which protocol a new connection speaks, told by its first bytes alone. Pure: bytes in, answer out. */
import { dialBackPrefaceLengthBytes, startsDialBack } from '#tunnel'
import { clientHelloBytesMax, readClientHello } from './client-hello.ts'

export type FirstBytes =
  | { readonly kind: 'need-more' }
  | { readonly kind: 'tls'; readonly serverName: string | undefined; readonly alpn: readonly string[] }
  | { readonly kind: 'postgres' }
  | { readonly kind: 'dial-back' }
  | { readonly kind: 'http' }
  | { readonly kind: 'unknown'; readonly reason: string }

export const firstBytesMax = clientHelloBytesMax

const httpVerbs = ['GET ', 'HEAD ', 'POST ', 'PUT ', 'DELETE ', 'OPTIONS ', 'PATCH ', 'CONNECT ', 'TRACE ', 'PRI ']

/** PostgreSQL's startup-phase codes begin with the major version 3 or with 1234 (PostgreSQL manual, 54.7). */
const postgresCodesHigh = new Set([3, 2, 1234])

export function selectProtocol(bytes: Uint8Array): FirstBytes {
  if (bytes.length === 0) return { kind: 'need-more' }
  if (bytes[0] === 0x16) return selectTls(bytes)
  if (startsDialBack(bytes)) return bytes.length >= dialBackPrefaceLengthBytes ? { kind: 'dial-back' } : { kind: 'need-more' }
  if (isHttp(bytes)) return { kind: 'http' }
  if (bytes.length < 8) return { kind: 'need-more' }
  const codeHigh = ((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0)
  if (bytes[0] === 0 && postgresCodesHigh.has(codeHigh)) return { kind: 'postgres' }
  return { kind: 'unknown', reason: 'the first bytes belong to no protocol of this port' }
}

function selectTls(bytes: Uint8Array): FirstBytes {
  const hello = readClientHello(bytes)
  switch (hello.kind) {
    case 'need-more':
      return hello
    case 'malformed':
      return { kind: 'unknown', reason: hello.reason }
    case 'client-hello':
      return { kind: 'tls', serverName: hello.serverName, alpn: hello.alpn }
  }
  hello satisfies never
}

function isHttp(bytes: Uint8Array): boolean {
  const text = String.fromCharCode(...bytes.subarray(0, 8))
  return httpVerbs.some((verb) => text.startsWith(verb))
}

/** The messages by which a server asks for a password and a client gives it (PostgreSQL manual, 54.2.1 and 54.7). */
import { concatenate, cString, frame, uint32 } from './bytes.ts'
import { MessageReader } from './message-reader.ts'

export type AuthenticationRequest =
  | { readonly kind: 'ok' }
  | { readonly kind: 'cleartext-password' }
  | { readonly kind: 'md5-password'; readonly salt: Uint8Array }
  | { readonly kind: 'sasl'; readonly mechanisms: readonly string[] }
  | { readonly kind: 'sasl-continue'; readonly data: Uint8Array }
  | { readonly kind: 'sasl-final'; readonly data: Uint8Array }
  | { readonly kind: 'kerberos' }
  | { readonly kind: 'gss' }
  | { readonly kind: 'gss-continue' }
  | { readonly kind: 'sspi' }
  /** Code 13, Amazon Redshift only. */
  | RedshiftDigest
  /** Code 14, Amazon Redshift only: a token of an identity provider. */
  | { readonly kind: 'redshift-identity-provider' }
  | { readonly kind: 'malformed' }
  | { readonly kind: `unknown-${number}` }

export interface RedshiftDigest {
  readonly kind: 'redshift-digest'
  readonly algorithm: 'sha-256' | 'scrypt' | 'argon2' | `unknown-${number}`
  readonly salt: Uint8Array
  readonly serverNonce: Uint8Array
}

/** Reads the body of an `R` message (without its five bytes of type and length). Never throws. */
export function readAuthenticationRequest(body: Uint8Array): AuthenticationRequest {
  const reader = new MessageReader(body)
  const request = readByCode(reader.uint32(), reader)
  return reader.failed ? { kind: 'malformed' } : request
}

function readByCode(code: number, reader: MessageReader): AuthenticationRequest {
  switch (code) {
    case 0:
      return { kind: 'ok' }
    case 2:
      return { kind: 'kerberos' }
    case 3:
      return { kind: 'cleartext-password' }
    case 5:
      return { kind: 'md5-password', salt: reader.bytes(4).slice() }
    case 7:
      return { kind: 'gss' }
    case 8:
      return { kind: 'gss-continue' }
    case 9:
      return { kind: 'sspi' }
    case 10:
      return { kind: 'sasl', mechanisms: readMechanisms(reader) }
    case 11:
      return { kind: 'sasl-continue', data: reader.rest().slice() }
    case 12:
      return { kind: 'sasl-final', data: reader.rest().slice() }
    case 13:
      return readRedshiftDigest(reader)
    case 14:
      return { kind: 'redshift-identity-provider' }
    default:
      return { kind: `unknown-${code}` }
  }
}

function readMechanisms(reader: MessageReader): readonly string[] {
  const mechanisms: string[] = []
  for (;;) {
    const mechanism = reader.cString()
    if (mechanism === '') return mechanisms
    mechanisms.push(mechanism)
  }
}

const digestAlgorithms = ['sha-256', 'scrypt', 'argon2'] as const

function readRedshiftDigest(reader: MessageReader): RedshiftDigest {
  const algorithm = reader.uint32()
  const salt = reader.bytes(reader.int32()).slice()
  const serverNonce = reader.bytes(reader.int32()).slice()
  return { kind: 'redshift-digest', algorithm: digestAlgorithms[algorithm] ?? `unknown-${algorithm}`, salt, serverNonce }
}

export function writeAuthenticationOk(): Uint8Array {
  return frame('R', uint32(0))
}

export function writeAuthenticationCleartextPassword(): Uint8Array {
  return frame('R', uint32(3))
}

/** The salt has 4 bytes. */
export function writeAuthenticationMd5(salt: Uint8Array): Uint8Array {
  return frame('R', uint32(5), salt.subarray(0, 4))
}

/** PasswordMessage, for a cleartext password or the text of `md5Password`. */
export function writePasswordMessage(text: string): Uint8Array {
  return frame('p', cString(text))
}

/** What AuthenticationMD5Password wants to hear: `md5` and md5Hex(md5Hex(password + user) + salt). */
export function md5Password(
  login: { readonly user: string; readonly password: string; readonly salt: Uint8Array },
  md5Hex: (bytes: Uint8Array) => string,
): string {
  const encoder = new TextEncoder()
  const inner = md5Hex(encoder.encode(login.password + login.user))
  return `md5${md5Hex(concatenate([encoder.encode(inner), login.salt]))}`
}

/** What a TLS client of ours demands of a server's certificate beyond its chain, and how a failed handshake reads. */
import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { PortunusError, messageOf, type Connection, type TlsConnectOptions } from '#foundation'

/**
 * The host name check (RFC 9525): subject alternative names only. Node itself would fall back to the subject's common
 * name, which the guide's Troubleshooting chapter ("Certificate error") says must be refused.
 */
export function checkServerName(
  serverName: string,
  certificate: X509Certificate,
  verifyPeer: ((certificate: X509Certificate) => void) | undefined,
): Error | undefined {
  try {
    if (verifyPeer !== undefined) verifyPeer(certificate)
    else if (certificate.subjectAltName === undefined) throw legacyCommonName(serverName, certificate)
    else if (!matchesName(serverName, certificate)) throw nameMismatch(serverName, certificate)
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

function matchesName(serverName: string, certificate: X509Certificate): boolean {
  if (isIP(serverName) !== 0) return certificate.checkIP(serverName) !== undefined
  return certificate.checkHost(serverName, { subject: 'never' }) !== undefined
}

function legacyCommonName(serverName: string, certificate: X509Certificate): PortunusError {
  return new PortunusError(
    'TLS_CERTIFICATE_LEGACY_COMMON_NAME',
    `Cannot trust the server "${serverName}": x509: certificate relies on legacy Common Name field, use SANs instead`,
    {
      category: 'unavailable',
      sqlState: '08001',
      hint: `rotate the server's certificate (RDS databases created before July 28, 2020 carry such a one, issued by "${oneLine(certificate.issuer)}", valid until ${certificate.validTo})`,
    },
  )
}

function nameMismatch(serverName: string, certificate: X509Certificate): PortunusError {
  return new PortunusError(
    'TLS_SERVER_NAME_MISMATCH',
    `Cannot trust the server "${serverName}": its certificate is for "${oneLine(certificate.subjectAltName ?? '')}"`,
    { category: 'unavailable', sqlState: '08001', hint: 'use a name from the certificate, or set tls.server_name for the database' },
  )
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ')
}

const untrustedCodes = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
])

/** A failed handshake as an error that says which check failed; errors that say so already pass through. */
export function tlsConnectError(connection: Connection, options: TlsConnectOptions, cause: unknown): PortunusError {
  if (cause instanceof PortunusError) return cause
  const where = `"${options.serverName}" (${connection.remoteAddress})`
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (untrustedCodes.has(code)) {
    return new PortunusError('TLS_SERVER_UNTRUSTED', `Cannot trust the server ${where}: certificate signed by unknown authority`, {
      category: 'unavailable',
      sqlState: '08001',
      cause,
      hint: 'give the authority it is signed by, or check that this is the server you mean',
    })
  }
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    const state = code === 'CERT_HAS_EXPIRED' ? 'its certificate has expired' : 'its certificate is not valid yet'
    return new PortunusError('TLS_SERVER_EXPIRED', `Cannot trust the server ${where}: ${state}`, {
      category: 'unavailable',
      sqlState: '08001',
      cause,
      hint: "renew the server's certificate, and compare the clocks with: date -u",
    })
  }
  return new PortunusError('TLS_FAILED', `Cannot open TLS to ${where}: ${messageOf(cause)}`, {
    category: 'unavailable',
    sqlState: '08001',
    cause,
    hint: 'check that the address and the port belong to a service that speaks TLS',
  })
}

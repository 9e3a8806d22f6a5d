/** Where the authority's TLS endpoint is found on a shared port: the protocol it speaks (RFC 7301) and the name in its certificate. */
export { authorityServerName } from '#certificates'

export const authorityAlpn = 'portunus-authority/1'

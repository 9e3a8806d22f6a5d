/**
 * Authority: the Auth Service. Users, invites, login, roles, join tokens, certificate authorities, presence of agents and proxies,
 * and the audit log's own lines. It answers the table of authority-api; who may ask is decided there.
 */
export { openAuthority, type Authority } from './authority.ts'
export type { AuthorityConfiguration, AuthorityOptions } from './context.ts'
export type { StaticToken } from './tokens.ts'
export type { TrustedAuthorities } from './certificate-authorities.ts'
export type { LocalHost } from './hosts.ts'
export type { WebCertificate, WebCertificateRequest } from './web-certificate.ts'

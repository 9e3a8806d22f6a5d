/**
 * Certificates: identities and how they travel in X.509.
 * Writes certificates with a library that is loaded at the first issuance; reads them with Node's own parser only, and reads an
 * identity only in its strict form. Knows the CA pin, the names of our TLS endpoints, and what a certificate may be used for.
 */
export * from './identity.ts'
export { identityFromCertificate } from './identity-from-certificate.ts'
export { generateKeyPair } from './key-pair.ts'
export {
  createCertificateAuthority,
  type CertificateAuthorityRequest,
  type CertificateAuthorityMaterial,
} from './create-certificate-authority.ts'
export { issueCertificate, type CertificateRequest } from './issue-certificate.ts'
export { caPin, matchesPin, parseCaPin } from './ca-pin.ts'
export { agentServerName, authorityServerName, proxyServerName } from './server-names.ts'
export { certificateUsages, checkCertificateTime, checkCertificateUsage, type CertificateUsage } from './check-certificate.ts'
export { requireAgentCertificate, requireHostIdentity, requireUserIdentity, type IdentityDemand } from './require-identity.ts'

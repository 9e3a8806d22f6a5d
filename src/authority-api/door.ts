/**
 * Authority API: the one table of operations between the authority and everyone else (proxies, agents, tctl, tsh).
 * Server, client and permission test are made from it. It knows the shape of the operations and who may call them;
 * the authority room knows the answers.
 */
export { operations, operationNames } from './operations.ts'
export type { OperationName, RequestOf, ResponseOf } from './operations.ts'
export type { Need, Needs, HttpMethod } from './operation.ts'
export { decidePermission, principalOf } from './permission.ts'
export type { PermissionDecision, PermissionContext, Principal } from './permission.ts'
export { inviteTtlMilliseconds, type InviteUsage } from './invite-limits.ts'
export { authorityAlpn, authorityServerName } from './endpoint.ts'
export { createAuthorityServer } from './server.ts'
export type { AuthorityApp, AuthorityServerOptions, Caller, Handlers, Peer, Refusal } from './server.ts'
export { createAuthorityClient, transportTo } from './client.ts'
export type { ApiTransport, AuthorityClient } from './client.ts'
export { nobodyCutOff, openRevocationView, type RevocationView, type RevocationViewOptions } from './revocation-view.ts'

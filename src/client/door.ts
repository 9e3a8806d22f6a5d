/**
 * Client: what tsh is made of. Profiles and their keys, login over a proxy's web API, the authority as a login reaches it,
 * certificates for databases, tickets, and the local proxy that takes PostgreSQL clients through to an agent.
 * It decides and connects; it prints nothing and asks nobody.
 */
export type { DatabaseRoute } from '#certificates'
export type { ClientWorld, Http2Connection, WebAnswer, WebRequest } from './ports.ts'
export { addressText, proxyCandidates, proxyHostOf } from './proxy-address.ts'
export {
  chooseFromList,
  discoveredNameLabel,
  notLoggedInto,
  planChoice,
  type ChoicePlan,
  type ChoicePurpose,
  type ChoosableDatabase,
  type DatabaseSelector,
} from './database-choice.ts'
export { databaseQuery, type DatabaseQuery } from './database-query.ts'
export { chooseDatabaseName, chooseDatabaseUser, type LoginChoice } from './login-choice.ts'
export { authoritiesPath, databasePaths, fileName, profileDirectoryOf } from './profile-paths.ts'
export type { Profile } from './profile-document.ts'
export {
  currentProxyHost,
  listProfiles,
  readProfile,
  removeAllUsers,
  removeUser,
  setCurrentProfile,
  type ProfileDirectory,
} from './profile-directory.ts'
export { listDatabaseKeys, readDatabaseKeys, removeDatabaseKeys, writeDatabaseKeys, type HeldIdentity } from './stored-keys.ts'
export { checkLoginTime, loginCommand, loginExpired, notLoggedIn, readLogin, readLoginOf, type Login } from './stored-login.ts'
export { activeRequestsOf, assumeRequests, baseOf, dropRequests } from './assumed-requests.ts'
export { webTlsAttempts, type WebTrust } from './web-trust.ts'
export { openWebApi, type WebApi } from './web-api.ts'
export { isSameCluster, logIn, type Credentials } from './login.ts'
export { openAuthority, type AuthorityConnection } from './authority-connection.ts'
export { DatabaseKeys, issueDatabaseKeys, keysSuffice } from './database-keys.ts'
export { ProxySession, type Ticket, type TicketRequest } from './proxy-session.ts'
export { announceLocalProxy, listLocalProxies, localProxyLogPath, stopLocalProxy, type LocalProxyRecord } from './local-proxy-records.ts'
export { readStablePort, writeStablePort } from './stable-port.ts'
export { LocalProxy, type LocalProxyOptions } from './local-proxy.ts'
export {
  directEnvironment,
  directUri,
  loopbackEnvironment,
  loopbackUri,
  serviceEntries,
  socketUri,
  type DirectTarget,
  type LoopbackTarget,
} from './connection-string.ts'
export { serviceName, servicePath, withService, withoutService } from './service-file.ts'

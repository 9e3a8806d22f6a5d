/** The authority as a person's login reaches it: TLS through the proxy's port, ending at the authority itself. */
import { authorityServerName } from '#certificates'
import { createAuthorityClient, type AuthorityClient } from '#authority-api'
import { openClusterApi } from './cluster-api.ts'
import type { ClientWorld } from './ports.ts'
import { checkLoginTime, type Login } from './stored-login.ts'

export const authorityProtocol = 'portunus-authority/1'

export interface AuthorityConnection extends AsyncDisposable {
  readonly authority: AuthorityClient
}

/** Opens one connection with the login certificate; throws LOGIN_EXPIRED before anything is sent, CLUSTER_UNTRUSTED when the cluster is another one. */
export async function openAuthority(world: ClientWorld, login: Login): Promise<AuthorityConnection> {
  checkLoginTime(login, world.clock.now())
  const transport = await openClusterApi(world, login, {
    serverName: authorityServerName,
    alpn: authorityProtocol,
    identity: login.held.keyPair,
  })
  return {
    authority: createAuthorityClient(transport),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  }
}

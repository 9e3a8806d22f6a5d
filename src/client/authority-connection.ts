/** The authority as a person's login reaches it: TLS through the proxy's port, ending at the authority itself. */
import type { Address } from '#foundation'
import { authorityServerName } from '#certificates'
import { createAuthorityClient, type AuthorityClient } from '#authority-api'
import type { ClientWorld } from './ports.ts'
import { checkLoginTime, type Login } from './stored-login.ts'
import { clusterChanged } from './untrusted-cluster.ts'

export const authorityProtocol = 'portunus-authority/1'

export interface AuthorityConnection extends AsyncDisposable {
  readonly authority: AuthorityClient
}

/** Opens one connection with the login certificate; throws LOGIN_EXPIRED before anything is sent, CLUSTER_UNTRUSTED when the cluster is another one. */
export async function openAuthority(world: ClientWorld, login: Login): Promise<AuthorityConnection> {
  checkLoginTime(login, world.clock.now())
  const signal = world.clock.deadline(connectMillisecondsMax)
  const connection = await clusterChanged(login, async () =>
    world.tls.connect(await world.network.dial(proxyOf(login), { signal }), {
      serverName: authorityServerName,
      authoritiesPem: login.hostAuthoritiesPem,
      identity: login.held.keyPair,
      alpn: [authorityProtocol],
      signal,
    }),
  )
  const transport = world.openHttp2Client(connection)
  return {
    authority: createAuthorityClient(transport),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  }
}

export const connectMillisecondsMax = 20_000

function proxyOf(login: Login): Address {
  return login.profile.address
}

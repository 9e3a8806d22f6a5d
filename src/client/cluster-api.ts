/** A kept HTTP/2 connection to one of the cluster's own endpoints behind the proxy's port, with a person's certificate. */
import type { KeyPairPem } from '#foundation'
import type { ClientWorld, Http2Connection } from './ports.ts'
import type { Login } from './stored-login.ts'
import { clusterChanged } from './untrusted-cluster.ts'

const connectMillisecondsMax = 20_000

export interface ClusterEndpoint {
  /** The name in the endpoint's certificate, which the login's host authorities vouch for. */
  readonly serverName: string
  readonly alpn: string
  readonly identity: KeyPairPem
}

/** Throws NETWORK_DIAL_FAILED, CLUSTER_UNTRUSTED when the cluster is another one, and its kin. */
export async function openClusterApi(world: ClientWorld, login: Login, endpoint: ClusterEndpoint): Promise<Http2Connection> {
  const signal = world.clock.deadline(connectMillisecondsMax)
  const connection = await clusterChanged(login, async () =>
    world.tls.connect(await world.network.dial(login.profile.address, { signal }), {
      serverName: endpoint.serverName,
      authoritiesPem: login.hostAuthoritiesPem,
      identity: endpoint.identity,
      alpn: [endpoint.alpn],
      signal,
    }),
  )
  return world.openHttp2Client(connection)
}

/** What to say when the proxy's port no longer leads to the cluster one logged in to. */
import { PortunusError } from '#foundation'
import { addressText } from './proxy-address.ts'
import { loginCommand, type Login } from './stored-login.ts'

/** Runs a connection attempt; a certificate of foreign authorities becomes CLUSTER_UNTRUSTED. */
export async function clusterChanged<T>(login: Login, attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt()
  } catch (error) {
    if (!(error instanceof PortunusError) || error.code !== 'TLS_SERVER_UNTRUSTED') throw error
    const where = addressText(login.profile.address)
    throw new PortunusError(
      'CLUSTER_UNTRUSTED',
      `Cannot trust the cluster behind "${where}": it is not the cluster "${login.profile.cluster}" of your login`,
      {
        category: 'unavailable',
        sqlState: '08001',
        cause: error,
        hint: `log in again if the cluster was set up anew: ${loginCommand(login.profile)} --ca-pin=<the pin of tctl status>`,
      },
    )
  }
}

/** The world as the client programs are given it. */
import type { ClientWorld } from '#client'
import { httpsJson, nodeClock, nodeFiles, nodeNetwork, nodeTls, openHttp2Client, presentedChain } from '#world'
import type { Log } from '#foundation'

export function clientWorld(log: Log): ClientWorld {
  return { clock: nodeClock, files: nodeFiles, network: nodeNetwork, tls: nodeTls, log, openHttp2Client, httpsJson, presentedChain }
}

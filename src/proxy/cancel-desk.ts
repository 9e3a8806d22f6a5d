/** Cancel requests as they come in without a certificate: the key is the credential, so guessing is made hopeless. */
import type { Clock, Log } from '#foundation'
import type { CancelCall, TunnelHub } from '#tunnel'
import { networkOf } from './web/rate-limit.ts'

const refillPerSecond = 2
const burst = 20
const networksMax = 10_000

export interface CancelDesk {
  /** Passes the request to the agents; false when no agent knows the key or the address asks too often. */
  cancel(call: CancelCall): Promise<boolean>
}

/**
 * Wrong keys cost the network of the address (one address of IPv4, a /64 of IPv6) a token of its bucket; with 32 random bits and
 * two guesses a second a hit takes decades.
 */
export function openCancelDesk(options: { readonly hub: Pick<TunnelHub, 'cancel'>; readonly clock: Clock; readonly log: Log }): CancelDesk {
  const buckets = new Map<string, { tokens: number; at: number }>()
  const takeToken = (network: string): boolean => {
    const now = options.clock.monotonicMilliseconds()
    const known = buckets.get(network) ?? { tokens: burst, at: now }
    const tokens = Math.min(burst, known.tokens + ((now - known.at) / 1000) * refillPerSecond)
    buckets.delete(network) // so that the map stays ordered by last use
    buckets.set(network, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now })
    const [oldest] = buckets.keys()
    if (buckets.size > networksMax && oldest !== undefined) buckets.delete(oldest)
    return tokens >= 1
  }
  const giveBack = (network: string): void => {
    const bucket = buckets.get(network)
    if (bucket !== undefined) bucket.tokens += 1
  }
  return {
    async cancel(call) {
      const network = networkOf(call.clientAddress)
      if (!takeToken(network)) {
        options.log.warn('cancel requests come too often', { from: network })
        return false
      }
      const found = await options.hub.cancel(call)
      if (found) giveBack(network)
      else options.log.warn('cancel request with an unknown key', { from: call.clientAddress })
      return found
    },
  }
}

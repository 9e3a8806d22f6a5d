/** Cancel requests as they come in without a certificate: the key is the credential, so guessing is made hopeless. */
import type { Clock, Log } from '#foundation'
import type { CancelCall, TunnelHub } from '#tunnel'

const refillPerSecond = 2
const burst = 20
const addressesMax = 10_000

export interface CancelDesk {
  /** Passes the request to the agents; false when no agent knows the key or the address asks too often. */
  cancel(call: CancelCall): Promise<boolean>
}

/** Wrong keys cost the address a token of its bucket; with 32 random bits and two guesses a second a hit takes decades. */
export function openCancelDesk(options: { readonly hub: TunnelHub; readonly clock: Clock; readonly log: Log }): CancelDesk {
  const buckets = new Map<string, { tokens: number; at: number }>()
  const takeToken = (address: string): boolean => {
    const now = options.clock.monotonicMilliseconds()
    const known = buckets.get(address) ?? { tokens: burst, at: now }
    const tokens = Math.min(burst, known.tokens + ((now - known.at) / 1000) * refillPerSecond)
    if (buckets.size >= addressesMax) buckets.clear()
    buckets.set(address, { tokens: Math.max(0, tokens - 1), at: now })
    return tokens >= 1
  }
  const giveBack = (address: string): void => {
    const bucket = buckets.get(address)
    if (bucket !== undefined) bucket.tokens += 1
  }
  return {
    async cancel(call) {
      const address = hostOf(call.clientAddress)
      if (!takeToken(address)) {
        options.log.warn('cancel requests come too often', { from: address })
        return false
      }
      const found = await options.hub.cancel(call)
      if (found) giveBack(address)
      else options.log.warn('cancel request with an unknown key', { from: call.clientAddress })
      return found
    },
  }
}

function hostOf(address: string): string {
  return address.slice(0, Math.max(0, address.lastIndexOf(':')))
}

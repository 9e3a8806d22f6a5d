/** How often a stranger may knock: a token bucket per address, in memory, bounded. */
import { PortunusError, type Clock } from '#foundation'

export interface RateLimiter {
  /** Counts one call; throws RATE_LIMITED (limit-exceeded) when there were too many. */
  take(key: string): void
}

export interface RateLimiterOptions {
  readonly clock: Clock
  readonly callsPerMinute: number
  readonly burst: number
}

const bucketsMax = 10_000

interface Bucket {
  readonly tokens: number
  readonly atMilliseconds: number
}

export function openRateLimiter(options: RateLimiterOptions): RateLimiter {
  const buckets = new Map<string, Bucket>()
  const tokensPerMillisecond = options.callsPerMinute / 60_000
  return {
    take(key) {
      const atMilliseconds = options.clock.monotonicMilliseconds()
      const before = buckets.get(key) ?? { tokens: options.burst, atMilliseconds }
      const refilled = before.tokens + (atMilliseconds - before.atMilliseconds) * tokensPerMillisecond
      const tokens = Math.min(options.burst, refilled)
      buckets.delete(key) // so that insertion order is order of use
      buckets.set(key, { tokens: tokens < 1 ? tokens : tokens - 1, atMilliseconds })
      if (buckets.size > bucketsMax) buckets.delete(buckets.keys().next().value ?? key)
      if (tokens < 1) throw rateLimited(key)
    },
  }
}

function rateLimited(key: string): PortunusError {
  return new PortunusError('RATE_LIMITED', `Cannot answer "${key}": too many requests from this address`, {
    category: 'limit-exceeded',
    hint: 'wait a minute and try again',
  })
}

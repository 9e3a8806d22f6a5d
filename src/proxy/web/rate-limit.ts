/** How often one address may ask: a bucket of tokens for each, refilled by time, with bounded memory. */
import { PortunusError, type Clock } from '#foundation'

export interface RateLimitOptions {
  readonly perMinute: number
  readonly burst: number
  readonly clock: Pick<Clock, 'monotonicMilliseconds'>
}

export interface RateLimit {
  /** Takes one token; returns the whole seconds to wait where there is none. */
  take(remoteAddress: string): { readonly kind: 'taken' } | { readonly kind: 'refused'; readonly waitSeconds: number }
}

interface Bucket {
  readonly tokens: number
  readonly atMilliseconds: number
}

// Enough for a large office; the oldest is forgotten first, so a flood of addresses costs memory nothing.
const bucketsMax = 10_000

export function createRateLimit({ perMinute, burst, clock }: RateLimitOptions): RateLimit {
  const buckets = new Map<string, Bucket>()
  const tokensPerMillisecond = perMinute / 60_000
  return {
    take(remoteAddress) {
      const key = networkOf(remoteAddress)
      const now = clock.monotonicMilliseconds()
      const before = buckets.get(key) ?? { tokens: burst, atMilliseconds: now }
      const tokens = Math.min(burst, before.tokens + (now - before.atMilliseconds) * tokensPerMillisecond)
      // Deleted first, so that the map stays ordered by last use.
      buckets.delete(key)
      buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMilliseconds: now })
      if (buckets.size > bucketsMax) forgetOldest(buckets)
      return tokens >= 1 ? { kind: 'taken' } : { kind: 'refused', waitSeconds: Math.ceil((1 - tokens) / tokensPerMillisecond / 1000) }
    },
  }
}

/** The refusal that a person sees. */
export function tooManyRequests(waitSeconds: number): PortunusError {
  return new PortunusError('WEB_TOO_MANY_REQUESTS', 'Cannot serve the request: too many came from this address', {
    category: 'limit-exceeded',
    hint: `wait ${waitSeconds} s and try again`,
  })
}

function forgetOldest(buckets: Map<string, Bucket>): void {
  const oldest = buckets.keys().next()
  if (oldest.done !== true) buckets.delete(oldest.value)
}

/**
 * Whose bucket it is, from `address:port` or an address alone. One customer of an IPv6 provider owns a /64 (RFC 6177),
 * so that is what counts; IPv4 counts by address.
 */
export function networkOf(remoteAddress: string): string {
  const address = addressOf(remoteAddress.toLowerCase())
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1]
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address
  const [head = '', tail = ''] = address.split('%')[0]?.split('::') ?? []
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`
}

/** `[::1]:5` and `192.0.2.1:5` carry a port; a bare IPv6 address only looks as if it did. */
function addressOf(remoteAddress: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(remoteAddress)?.[1] ?? /^([\d.]+):\d+$/.exec(remoteAddress)?.[1] ?? remoteAddress
}

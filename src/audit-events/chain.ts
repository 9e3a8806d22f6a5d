/** The hash chain: each event's hash covers the hash before it, so that none can be changed, moved or taken out unseen. */
import { createHash } from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import type { AuditEvent } from './event.ts'

/** What stands before the first event. */
export const chainStart = '0'.repeat(64)

/** Hexadecimal SHA-256 over the previous hash, a line end, and the event's canonical JSON (RFC 8785). */
export function chainHash(previousHash: string, event: AuditEvent): string {
  return chainHashOfJson(previousHash, canonicalJson(event))
}

/** As `chainHash`, for canonical JSON that is at hand. */
export function chainHashOfJson(previousHash: string, canonical: string): string {
  return createHash('sha256').update(`${previousHash}\n${canonical}`).digest('hex')
}

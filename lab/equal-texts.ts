/** Comparison of secret texts that tells nothing by the time it takes. */
import { createHash, timingSafeEqual } from 'node:crypto'

export function equalTexts(left: string, right: string): boolean {
  return timingSafeEqual(createHash('sha256').update(left).digest(), createHash('sha256').update(right).digest())
}

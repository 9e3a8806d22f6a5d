/** Durations as people write them (`1h30m`, `90s`): text to milliseconds and back. */
import { PortunusError } from './error.ts'

const unitMilliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/
const partPattern = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g

/** Milliseconds of a text such as `12h`, `1h30m` or `500ms`; throws DURATION_MALFORMED otherwise. */
export function parseDuration(text: string): number {
  const trimmed = text.trim()
  if (!durationPattern.test(trimmed)) {
    throw new PortunusError('DURATION_MALFORMED', `Cannot read the duration "${text}": expected a number with a unit`, {
      category: 'bad-input',
      hint: 'write it like 30m, 12h or 1h30m',
    })
  }
  let total = 0
  for (const [, amount, unit] of trimmed.matchAll(partPattern)) {
    total += Number(amount) * (unitMilliseconds[unit ?? ''] ?? 0)
  }
  return Math.round(total)
}

/** The shortest text of a duration, rounded to seconds, zero tails left out: `1h`, `1h30m`, `45s`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000)
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const
  const text = parts
    .filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join('')
  return text === '' ? '0s' : text
}

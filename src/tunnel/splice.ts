/** Two streams joined into one: bytes are pumped both ways until both directions have ended. */
import type { Duplex } from 'node:stream'

/** Which side ended first, and whether it ended with an error. */
export interface SpliceEnd {
  readonly endedBy: 'left' | 'right'
  readonly error: Error | undefined
}

/**
 * Pumps with `pipe`, which keeps back-pressure and is the fastest pump measured (docs/performance.md).
 * The end of one direction is passed on as such, so that the last bytes of the other still arrive; an error ends both.
 */
export function splice(left: Duplex, right: Duplex): Promise<SpliceEnd> {
  return new Promise((resolve) => {
    let first: SpliceEnd | undefined
    let open = 2
    const note = (endedBy: 'left' | 'right', error?: Error): void => {
      first ??= { endedBy, error }
      if (error !== undefined) destroyBoth()
    }
    const destroyBoth = (): void => {
      left.destroy()
      right.destroy()
    }
    const closed = (endedBy: 'left' | 'right', ended: Duplex, other: Duplex): void => {
      note(endedBy)
      open -= 1
      // A stream that closed without an end was cut; nothing more can be delivered through it.
      if (!ended.readableEnded || !ended.writableFinished) other.destroy()
      if (open === 0) resolve(first ?? { endedBy, error: undefined })
    }
    left.on('error', (error) => note('left', error))
    right.on('error', (error) => note('right', error))
    left.once('end', () => note('left'))
    right.once('end', () => note('right'))
    left.once('close', () => closed('left', left, right))
    right.once('close', () => closed('right', right, left))
    if (left.destroyed || right.destroyed) destroyBoth()
    left.pipe(right)
    right.pipe(left)
  })
}

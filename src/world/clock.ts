/** The machine's clock as the Clock port. */
import type { Clock } from '#foundation'

/** Time as the operating system tells it; timers never keep the process alive. */
export const nodeClock: Clock = {
  now: () => new Date(),
  monotonicMilliseconds: () => performance.now(),
  sleep: (milliseconds, options = {}) => sleep(milliseconds, options.signal),
  timer(milliseconds, callback) {
    const timeout = setTimeout(callback, Math.min(milliseconds, timerMillisecondsMax))
    timeout.unref()
    return { [Symbol.dispose]: () => clearTimeout(timeout) }
  },
  deadline: (milliseconds) => AbortSignal.timeout(milliseconds),
}

// A longer delay would overflow Node's 32-bit timer and fire at once.
const timerMillisecondsMax = 2_147_483_647

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason)
      return
    }
    const timeout = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, milliseconds)
    const stop = (): void => {
      clearTimeout(timeout)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** Runs the callback when the events of this turn of the event loop have been handled. */
export function atEndOfTurn(callback: () => void): void {
  setImmediate(callback)
}

/** A clock that stands still until a test steps it; everything that waits on it wakes in order of its time. */
import type { Clock } from '#foundation'

interface Waiting {
  readonly at: number
  readonly wake: () => void
}

/** Starts at the given time. `step` moves it, and wakes what is due, one after the other. */
export class SteppedClock implements Clock {
  #milliseconds: number
  readonly #waiting = new Set<Waiting>()

  constructor(start = new Date('2026-11-22T12:00:00Z')) {
    this.#milliseconds = start.getTime()
  }

  now(): Date {
    return new Date(this.#milliseconds)
  }

  monotonicMilliseconds(): number {
    return this.#milliseconds
  }

  async sleep(milliseconds: number, options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { signal } = options
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = this.timer(milliseconds, resolve)
    const abort = (): void => {
      timer[Symbol.dispose]()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', abort, { once: true })
    await promise.finally(() => signal?.removeEventListener('abort', abort))
  }

  timer(milliseconds: number, callback: () => void): Disposable {
    const waiting = { at: this.#milliseconds + milliseconds, wake: callback }
    this.#waiting.add(waiting)
    return { [Symbol.dispose]: () => void this.#waiting.delete(waiting) }
  }

  deadline(milliseconds: number): AbortSignal {
    const controller = new AbortController()
    this.timer(milliseconds, () => controller.abort(new DOMException('deadline', 'TimeoutError')))
    return controller.signal
  }

  /** How many sleepers, timers and deadlines are waiting. */
  waiting(): number {
    return this.#waiting.size
  }

  /** Moves far at once: what is due wakes once, however often it would have woken on the way. */
  leap(milliseconds: number): void {
    this.#milliseconds += milliseconds
    const due = [...this.#waiting].filter(({ at }) => at <= this.#milliseconds).sort((left, right) => left.at - right.at)
    for (const waiting of due) {
      this.#waiting.delete(waiting)
      waiting.wake()
    }
  }

  step(milliseconds: number): void {
    const end = this.#milliseconds + milliseconds
    for (;;) {
      const next = [...this.#waiting].filter(({ at }) => at <= end).sort((left, right) => left.at - right.at)[0]
      if (next === undefined) break
      this.#waiting.delete(next)
      this.#milliseconds = Math.max(this.#milliseconds, next.at)
      next.wake()
    }
    this.#milliseconds = end
  }
}

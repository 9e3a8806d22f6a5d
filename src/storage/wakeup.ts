/** Lets a reader of a change log wait until there may be something new. */

/** Registered from its making to its disposal; woken by whoever holds the set, and by the signal. */
export class Wakeup implements Disposable {
  readonly #sleepers: Set<() => void>
  readonly #signal: AbortSignal
  readonly #wake = (): void => this.#resolve()
  #resolve = (): void => {}

  constructor(sleepers: Set<() => void>, signal: AbortSignal) {
    this.#sleepers = sleepers
    this.#signal = signal
    sleepers.add(this.#wake)
    signal.addEventListener('abort', this.#wake)
  }

  /** Call it in the same turn as the look that found nothing: then no change can slip between the two. */
  next(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#resolve = resolve
    return promise
  }

  [Symbol.dispose](): void {
    this.#sleepers.delete(this.#wake)
    this.#signal.removeEventListener('abort', this.#wake)
  }
}

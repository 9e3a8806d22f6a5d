/** Secrets as a type that cannot be printed: templates, JSON and the inspector all show a placeholder. */

const placeholder = '<secret>'

/** Holds a value that only `reveal()` gives back. */
export class Secret<T> {
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  /** The value itself; every call site is a place to look at in review. */
  reveal(): T {
    return this.#value
  }

  toString(): string {
    return placeholder
  }

  toJSON(): string {
    return placeholder
  }

  // Symbol.for instead of node:util keeps this room free of Node.
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return placeholder
  }
}

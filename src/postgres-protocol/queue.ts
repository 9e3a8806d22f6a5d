/** A queue in an array: taking from its front costs the same however long it is. */

export class Queue<T> {
  #items: (T | undefined)[] = []
  #front = 0

  get length(): number {
    return this.#items.length - this.#front
  }

  push(item: T): void {
    this.#items.push(item)
  }

  at(position: number): T | undefined {
    return this.#items[this.#front + position]
  }

  shift(): T | undefined {
    const item = this.#items[this.#front]
    if (item === undefined) return undefined
    this.#items[this.#front] = undefined
    this.#front += 1
    // Half of it empty: move up, which each item pays for once.
    if (this.#front >= 1024 && this.#front * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#front)
      this.#front = 0
    } else if (this.#front === this.#items.length) {
      this.#items.length = 0
      this.#front = 0
    }
    return item
  }
}

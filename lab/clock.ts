/** The lab's time: the machine's, moved by as much as a test asks for. */

export class LabClock {
  #offsetMilliseconds = 0

  now(): Date {
    return new Date(Date.now() + this.#offsetMilliseconds)
  }

  /** Moves the lab's time forwards (or back, when negative); movements add up. */
  move(milliseconds: number): void {
    this.#offsetMilliseconds += milliseconds
  }
}

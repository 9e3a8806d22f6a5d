/** Fails with the found violations as a list that can be read. */
import assert from 'node:assert/strict'

export function expectNone(found: readonly string[]): void {
  assert(found.length === 0, `${found.length} found:\n${found.join('\n')}`)
}

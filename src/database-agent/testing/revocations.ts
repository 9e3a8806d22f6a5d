/** A view of who is cut off that says what the test says. */
import { nothingRevoked, type RevocationState } from '#access'
import type { RevocationView } from '#authority-api'
import { parseLock, type Lock } from '#resources'

export interface ToldRevocations extends RevocationView {
  /** Changes the state, or its age, and tells everybody who listens. */
  tell(change: Partial<RevocationState> & { readonly ageMilliseconds?: number }): void
}

export function toldRevocations(): ToldRevocations {
  const listeners = new Set<() => void>()
  let state = nothingRevoked
  let age = 0
  return {
    get state() {
      return state
    },
    ageMilliseconds: () => age,
    known: () => Promise.resolve(),
    onChange(callback) {
      listeners.add(callback)
      return { [Symbol.dispose]: () => void listeners.delete(callback) }
    },
    tell({ ageMilliseconds = age, ...change }) {
      state = { ...state, ...change }
      age = ageMilliseconds
      for (const listener of listeners) listener()
    },
  }
}

export function lockOn(target: Readonly<Record<string, string>>, message = 'laptop stolen'): Lock {
  return parseLock({ kind: 'lock', version: 'v2', metadata: { name: 'l1' }, spec: { target, message } })
}

/** The cancel keys of live sessions: we mint the secret, the process id stays the server's own. */
import { equalInConstantTime, type Randomness } from '#foundation'

export interface CancellableSession {
  readonly processId: number
  /** The secret the client was given. */
  readonly mintedKey: Uint8Array
  /** Asks the database to cancel what the session runs; resolves when the database has closed the request. */
  readonly cancel: (request: { readonly clientAddress: string; readonly user?: string | undefined }) => Promise<void>
}

export interface CancelRegistry {
  /** Random bytes for a key of the length the server uses (4 for protocol 3.0, up to 256 for 3.2). */
  mint(lengthBytes: number): Uint8Array
  add(session: CancellableSession): Disposable
  find(processId: number, key: Uint8Array): CancellableSession | undefined
}

export function openCancelRegistry(randomness: Randomness): CancelRegistry {
  const sessions = new Map<number, CancellableSession[]>()
  return {
    mint: (lengthBytes) => randomness.bytes(lengthBytes),
    add(session) {
      // Two databases of one agent may well use the same process id.
      sessions.set(session.processId, [...(sessions.get(session.processId) ?? []), session])
      return {
        [Symbol.dispose]() {
          const left = (sessions.get(session.processId) ?? []).filter((other) => other !== session)
          if (left.length === 0) sessions.delete(session.processId)
          else sessions.set(session.processId, left)
        },
      }
    },
    find: (processId, key) => (sessions.get(processId) ?? []).find((session) => equalInConstantTime(session.mintedKey, key)),
  }
}

/** A message of a client that waits for its answer. */
import type { NamedEntry } from './named-entries.ts'
import type { OpenStatement } from './statement.ts'

export interface Operation {
  readonly kind: 'parse' | 'bind' | 'describe' | 'execute' | 'close' | 'sync' | 'query' | 'function'
  /** Counts the messages that ReadyForQuery answers. */
  readonly group: number
  readonly statement: OpenStatement | undefined
  /** The statement or portal that it makes, runs or closes. */
  readonly entry: Pick<NamedEntry<unknown>, 'confirm' | 'reject' | 'retire' | 'payload'> | undefined
}

/** Whether ReadyForQuery answers it. */
export function isBoundary({ kind }: Operation): boolean {
  return kind === 'sync' || kind === 'query' || kind === 'function'
}

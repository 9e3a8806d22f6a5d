/** What an operation of the AWS stand-in is: a service, an action, and how it answers an authenticated call. */
import type { Principal } from './principal.ts'
import type { QueryParameters, XmlTree } from './query-protocol.ts'
import type { Sessions } from './sessions.ts'
import type { AwsWorld } from './world.ts'
import type { DatabasePasswords } from '../database-passwords.ts'

export interface AwsCall {
  readonly world: AwsWorld
  readonly principal: Principal
  /** From the credential scope: with one endpoint for all regions, it says which one is meant. */
  readonly region: string
  readonly parameters: QueryParameters
  readonly now: Date
  readonly sessions: Sessions
  readonly databasePasswords: DatabasePasswords
  /** Changes the world from the next request on. */
  readonly changeWorld: (change: (world: AwsWorld) => AwsWorld) => void
}

export interface AwsService {
  /** As in the credential scope. */
  readonly name: string
  readonly version: string
  readonly namespace: string
  readonly operations: readonly AwsOperation[]
}

export interface AwsOperation {
  readonly action: string
  /** The result element's content; throws AwsError. */
  answer(call: AwsCall): XmlTree
}

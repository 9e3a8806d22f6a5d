/** Superuser connections to the backing PostgreSQL, one per database, over its password-less Unix socket. */
import pg from 'pg'
import { superuserName } from './server.ts'

export interface AdministrationAddress {
  readonly socketDirectory: string
  readonly port: number
}

export type Row = Readonly<Record<string, unknown>>

/** Opens connections as they are needed and keeps them; queries to one database wait for each other. */
export class Administration implements AsyncDisposable {
  readonly #address: AdministrationAddress
  readonly #clients = new Map<string, Promise<pg.Client>>()
  readonly #queues = new Map<string, Promise<unknown>>()

  constructor(address: AdministrationAddress) {
    this.#address = address
  }

  async query(database: string, sql: string, parameters?: readonly unknown[]): Promise<readonly Row[]> {
    const before = this.#queues.get(database) ?? Promise.resolve()
    // Without parameters it is the simple protocol, which takes several statements at once.
    const perform = async () => (await this.#client(database)).query<Row>(sql, parameters === undefined ? undefined : [...parameters])
    const turn = before.then(perform, perform)
    this.#queues.set(database, turn)
    return (await turn).rows
  }

  /** Ends the connection to one database, so that it can serve as a template. */
  async leave(database: string): Promise<void> {
    const client = this.#clients.get(database)
    this.#clients.delete(database)
    await (await client)?.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#clients.keys()].map((database) => this.leave(database)))
  }

  #client(database: string): Promise<pg.Client> {
    const present = this.#clients.get(database)
    if (present !== undefined) return present
    const forget = () => {
      // A newer connection may have taken the place by now.
      if (this.#clients.get(database) === opening) this.#clients.delete(database)
    }
    const opening = openClient(this.#address, { database, onLost: forget })
    opening.catch(forget)
    this.#clients.set(database, opening)
    return opening
  }
}

async function openClient(
  address: AdministrationAddress,
  options: { readonly database: string; readonly onLost: () => void },
): Promise<pg.Client> {
  const { database, onLost } = options
  const client = new pg.Client({ host: address.socketDirectory, port: address.port, user: superuserName, database })
  // A lost connection is opened anew by the next query.
  client.on('error', onLost)
  client.on('end', onLost)
  await client.connect()
  return client
}

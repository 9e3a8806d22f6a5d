/** What the proxy knows of databases and roles: the authority's answers, kept for a moment. */
import type { Role, DatabaseServer } from '#resources'
import { messageOf, type Clock, type Log } from '#foundation'
import type { ProxyAuthority } from './proxy-options.ts'

const freshMilliseconds = 1_000

export interface Directory {
  /** The heartbeats of all agents that serve a database. */
  serversOf(database: string): Promise<readonly DatabaseServer[]>
  roles(names: readonly string[]): Promise<readonly Role[]>
}

export interface DirectoryOptions {
  readonly authority: ProxyAuthority
  readonly clock: Clock
  readonly log: Log
}

/** Answers are a second old at most while the authority answers; when it does not, the last ones are used. */
export function openDirectory(options: DirectoryOptions): Directory {
  const servers = remembered(options, async () => (await options.authority.listDatabaseServers({})).servers)
  const rolesByNames = new Map<string, () => Promise<readonly Role[]>>()
  return {
    async serversOf(database) {
      return (await servers()).filter((server) => server.metadata.name === database)
    },
    roles(names) {
      const key = [...names].sort().join('\n')
      let read = rolesByNames.get(key)
      if (read === undefined) {
        if (rolesByNames.size > 1000) rolesByNames.clear()
        read = remembered(options, async () => (await options.authority.getRolesForAgent({ names: [...names] })).roles)
        rolesByNames.set(key, read)
      }
      return read()
    },
  }
}

function remembered<T>(options: DirectoryOptions, fetch: () => Promise<T>): () => Promise<T> {
  let known: { readonly value: T; readonly at: number } | undefined
  let running: Promise<T> | undefined
  const refresh = async (): Promise<T> => {
    try {
      const value = await fetch()
      known = { value, at: options.clock.monotonicMilliseconds() }
      return value
    } catch (error) {
      if (known === undefined) throw error
      options.log.warn('the authority does not answer, using what was known', { error: messageOf(error) })
      return known.value
    } finally {
      running = undefined
    }
  }
  return () => {
    if (known !== undefined && options.clock.monotonicMilliseconds() - known.at < freshMilliseconds) return Promise.resolve(known.value)
    running ??= refresh()
    return running
  }
}

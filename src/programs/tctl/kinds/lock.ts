/** The kind `lock`. `tctl lock` makes one from flags. */
import type { AuthorityClient } from '#authority-api'
import { parseLock, printLock } from '#resources'
import { named, type Outcome, type ResourceKind } from './kind.ts'

export const lockKind: ResourceKind = {
  kind: 'lock',
  words: ['locks'],
  list: async (authority) => named((await authority.listLocks({})).locks, printLock),
  prepare(document) {
    const { metadata, spec } = parseLock(document)
    const { name } = metadata
    const { target, message, expires } = spec
    const write = async (authority: AuthorityClient, replace: boolean): Promise<Outcome> => {
      await authority.createLock({ name, target, message, expires, replace })
      return { sentence: `lock "${name}" has been ${replace ? 'updated' : 'created'}` }
    }
    return { name, create: (authority) => write(authority, false), update: (authority) => write(authority, true) }
  },
  async remove(authority, name) {
    await authority.deleteLock({ name })
    return { sentence: `lock "${name}" has been deleted` }
  },
}

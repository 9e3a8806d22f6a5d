/** The kind `lock`. It is made by `tctl lock`. */
import { printLock } from '#resources'
import { named, type ResourceKind } from './kind.ts'

export const lockKind: ResourceKind = {
  kind: 'lock',
  words: ['locks'],
  list: async (authority) => named((await authority.listLocks({})).locks, printLock),
  async remove(authority, name) {
    await authority.deleteLock({ name })
    return { sentence: `lock "${name}" has been deleted` }
  },
}

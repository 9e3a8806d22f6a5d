/** The kind `token`. Only hashes of the values are kept, so lists show masked names. */
import type { ResponseOf } from '#authority-api'
import { maskToken } from '#resources'
import type { NamedDocument, ResourceKind } from './kind.ts'

type Token = ResponseOf<'listTokens'>['tokens'][number]

export const tokenKind: ResourceKind = {
  kind: 'token',
  words: ['tokens'],
  list: async (authority) =>
    (await authority.listTokens({})).tokens.map((token) => ({ name: token.maskedValue, document: tokenDocument(token) })),
  async remove(authority, name) {
    await authority.deleteToken({ value: name })
    return { sentence: `token "${maskToken(name)}" has been deleted` }
  },
}

export function tokenDocument({ maskedValue, roles, labels, expires }: Token): NamedDocument['document'] {
  return {
    kind: 'token',
    version: 'v2',
    metadata: { name: maskedValue, ...(Object.keys(labels).length === 0 ? {} : { labels }), ...(expires === undefined ? {} : { expires }) },
    spec: { roles, join_method: 'token' },
  }
}

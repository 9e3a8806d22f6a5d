/** The kind `token`. Only hashes of the values are kept, so lists show masked names; who writes one gives the whole value. */
import type { AuthorityClient, ResponseOf } from '#authority-api'
import { PortunusError } from '#foundation'
import { maskToken, parseToken, type ProvisionToken } from '#resources'
import type { NamedDocument, ResourceKind } from './kind.ts'

type Token = ResponseOf<'listTokens'>['tokens'][number]

export const tokenKind: ResourceKind = {
  kind: 'token',
  words: ['tokens'],
  listedName: maskToken,
  list: async (authority) =>
    (await authority.listTokens({})).tokens.map((token) => ({ name: token.maskedValue, document: tokenDocument(token) })),
  prepare(document, { now }) {
    const token = parseToken(document)
    const name = maskToken(token.metadata.name)
    if (token.spec.suggestedLabels !== undefined) throw suggestionsUnsupported(name)
    const ttlMilliseconds = ttlOf(token, now)
    return {
      name: token.metadata.name,
      async create(authority) {
        await create(authority, token, ttlMilliseconds)
        return { sentence: `token "${name}" has been created` }
      },
      async update(authority) {
        const { metadata, spec } = token
        await authority.updateToken({ value: metadata.name, roles: [...spec.roles], labels: metadata.labels, ttlMilliseconds })
        return { sentence: `token "${name}" has been updated` }
      },
    }
  },
  async remove(authority, name) {
    await authority.deleteToken({ value: name })
    return { sentence: `token "${maskToken(name)}" has been deleted` }
  },
}

async function create(authority: AuthorityClient, { metadata, spec }: ProvisionToken, ttlMilliseconds: number | undefined): Promise<void> {
  const lifetime = ttlMilliseconds === undefined ? { unlimited: true as const } : { ttlMilliseconds }
  await authority.createToken({ roles: [...spec.roles], value: metadata.name, labels: metadata.labels, ...lifetime })
}

/** Undefined: it lasts until it is deleted. */
function ttlOf({ metadata }: ProvisionToken, now: Date): number | undefined {
  if (metadata.expires === undefined) return undefined
  const milliseconds = new Date(metadata.expires).getTime() - now.getTime()
  if (milliseconds > 0) return Math.ceil(milliseconds)
  throw new PortunusError('TOKEN_ENDED', `Cannot keep the token "${maskToken(metadata.name)}": it has expired`, {
    category: 'bad-input',
    hint: 'set metadata.expires to a time to come, or leave it out for a token without an end',
  })
}

export function tokenDocument({ maskedValue, roles, labels, expires, isStatic }: Token): NamedDocument['document'] {
  const shown = isStatic ? { ...labels, 'teleport.dev/origin': 'config-file' } : labels
  return {
    kind: 'token',
    version: 'v2',
    metadata: {
      name: maskedValue,
      ...(Object.keys(shown).length === 0 ? {} : { labels: shown }),
      ...(expires === undefined ? {} : { expires }),
    },
    spec: { roles, join_method: 'token' },
  }
}

function suggestionsUnsupported(name: string): PortunusError {
  return new PortunusError('TOKEN_SUGGESTIONS_UNSUPPORTED', `Cannot keep the token "${name}": suggested_labels have no effect`, {
    category: 'unsupported',
    hint: 'leave spec.suggested_labels out, and name the labels in the configuration of the agent',
  })
}

/** The kinds that tctl knows, and how a command line names them: `role`, `roles`, `role/dev`. */
import { PortunusError } from '#foundation'
import { authPreferenceKind } from './auth-preference.ts'
import { databaseKind, databaseServerKind } from './database.ts'
import type { ResourceKind } from './kind.ts'
import { lockKind } from './lock.ts'
import { roleKind } from './role.ts'
import { tokenKind } from './token.ts'
import { userKind } from './user.ts'

export const resourceKinds: readonly ResourceKind[] = [
  userKind,
  roleKind,
  tokenKind,
  databaseServerKind,
  databaseKind,
  lockKind,
  authPreferenceKind,
]

export interface Reference {
  readonly kind: ResourceKind
  readonly name: string | undefined
}

/** Throws KIND_UNKNOWN. `verb` is what was to be done. */
export function parseReference(text: string, verb: string): Reference {
  const at = text.indexOf('/')
  const word = (at < 0 ? text : text.slice(0, at)).trim().toLowerCase()
  const kind = resourceKinds.find((known) => known.kind === word || known.words.includes(word))
  if (kind !== undefined) return { kind, name: at < 0 ? undefined : text.slice(at + 1) }
  throw new PortunusError('KIND_UNKNOWN', `Cannot ${verb} "${text}": there is no kind "${word}"`, {
    category: 'bad-input',
    hint: `use one of ${resourceKinds.map((known) => known.kind).join(', ')}, also as kind/name`,
  })
}

/** `kind/name` where a name is needed. Throws KIND_UNKNOWN, RESOURCE_NAME_MISSING. */
export function parseNamedReference(text: string, verb: string): { readonly kind: ResourceKind; readonly name: string } {
  const { kind, name = kind.soleName } = parseReference(text, verb)
  if (name !== undefined && name !== '') return { kind, name }
  throw new PortunusError('RESOURCE_NAME_MISSING', `Cannot ${verb} "${text}": no name is given`, {
    category: 'bad-input',
    hint: `write it as kind/name, such as ${kind.kind}/name; see which there are with: tctl get ${kind.kind}`,
  })
}

export function kindUnsupported(kind: string, verb: string): PortunusError {
  return new PortunusError('KIND_UNSUPPORTED', `Cannot ${verb} resources of type "${kind}": it is not supported`, {
    category: 'unsupported',
    hint: `use one of ${resourceKinds
      .filter((known) => known.prepare !== undefined)
      .map((known) => known.kind)
      .join(', ')}`,
  })
}

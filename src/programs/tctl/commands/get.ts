/** `tctl get`: resources as YAML or JSON documents, or as a table. */
import type { AuthorityClient } from '#authority-api'
import { PortunusError } from '#foundation'
import { labelsCell, printJson, printYamlDocuments, table } from '#presentation'
import { parseReference, resourceKinds, type Reference } from '../kinds/kinds.ts'
import type { NamedDocument } from '../kinds/kind.ts'
import { splitList, textFlag, withAuthority, type TctlContext } from '../context.ts'

/** JSON is always a list, so that programs need not ask how many there are. */
export async function getResources(context: TctlContext): Promise<number> {
  const wanted = splitList(context.args[0] ?? '').flatMap(references)
  const found = await withAuthority(context, async (authority) => {
    const resources: NamedDocument[] = []
    for (const reference of wanted) resources.push(...(await readResources(authority, reference)))
    return resources
  })
  const { terminal } = context.world
  const documents = found.map(({ document }) => document)
  switch (textFlag(context, 'format')) {
    case 'json':
      terminal.answer(printJson(documents))
      return 0
    case 'text':
      terminal.answer(printTable(context, found))
      return 0
    default:
      if (found.length > 0) terminal.answer(printYamlDocuments(documents))
      return 0
  }
}

function references(text: string): readonly Reference[] {
  return text === 'all' ? resourceKinds.map((kind) => ({ kind, name: undefined })) : [parseReference(text, 'get')]
}

/** The resources of a kind by name, or the one of the name, which then stands in it as it was given. Throws RESOURCE_UNKNOWN. */
export async function readResources(authority: AuthorityClient, { kind, name }: Reference): Promise<readonly NamedDocument[]> {
  const all = (await kind.list(authority)).toSorted((left, right) => (left.name < right.name ? -1 : 1))
  if (name === undefined) return all
  const listed = kind.listedName?.(name) ?? name
  const matching = all.filter((resource) => resource.name === listed)
  if (matching.length > 1 && listed !== name) throw ambiguous(kind.kind, listed)
  if (matching.length > 0) return matching.map((resource) => (listed === name ? resource : withName(resource, name)))
  throw new PortunusError('RESOURCE_UNKNOWN', `Cannot find "${kind.kind}/${listed}": there is none`, {
    category: 'not-found',
    hint: `see which there are with: tctl get ${kind.kind}`,
  })
}

function withName({ document }: NamedDocument, name: string): NamedDocument {
  const { metadata } = document
  return { name, document: { ...document, metadata: { ...(typeof metadata === 'object' ? metadata : {}), name } } }
}

/** Names of secrets are listed masked, and two may look alike. */
function ambiguous(kind: string, listed: string): PortunusError {
  return new PortunusError('RESOURCE_AMBIGUOUS', `Cannot tell which ${kind} is meant: several are listed as "${listed}"`, {
    category: 'conflict',
    hint: `write it anew with: tctl create -f, as a document of kind ${kind}`,
  })
}

function printTable(context: TctlContext, resources: readonly NamedDocument[]): string {
  const isVerbose = context.flags['verbose'] === true
  const rows = resources.map(({ name, document }) => [
    String(document['kind']),
    name,
    labelsCell(labelsOf(document), { internal: isVerbose }),
  ])
  return table(['Kind', 'Name', 'Labels'], rows, isVerbose ? {} : { width: context.world.terminal.columns, cut: 'Labels' })
}

function labelsOf({ metadata }: NamedDocument['document']): Readonly<Record<string, string>> {
  if (typeof metadata !== 'object' || metadata === null || !('labels' in metadata)) return {}
  const { labels } = metadata
  return typeof labels === 'object' && labels !== null
    ? Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)]))
    : {}
}

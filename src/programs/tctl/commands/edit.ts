/** `tctl edit`: opens a resource in an editor, and writes it back if nobody else has changed it meanwhile. */
import { readResourceDocuments } from '#configuration'
import { PortunusError } from '#foundation'
import { printYaml } from '#presentation'
import { kindUnsupported, parseNamedReference, type Reference } from '../kinds/kinds.ts'
import type { NamedDocument, Prepared } from '../kinds/kind.ts'
import { withAuthority, type TctlContext } from '../context.ts'
import { prepareDocument, tellOutcome } from './create.ts'
import { readResources } from './get.ts'

export async function editResource(context: TctlContext): Promise<number> {
  const reference = parseNamedReference(context.args[0] ?? '', 'edit')
  if (reference.kind.prepare === undefined) throw kindUnsupported(reference.kind.kind, 'edit')
  await withAuthority(context, async (authority) => {
    const [resource] = await readResources(authority, reference)
    if (resource === undefined) return
    const before = `${printYaml(resource.document)}\n`
    const path = temporaryPath(context, reference)
    const { files } = context.world.client
    await files.writeText(path, before, { mode: 0o600, exclusive: true })
    await runEditor(context, path)
    const text = await files.readText(path)
    if (text === before) {
      await files.remove(path)
      context.world.terminal.tell('Nothing was changed.')
      return
    }
    try {
      const prepared = prepareEdited(text, resource, context)
      tellOutcome(context, await prepared.update(authority, { replace: false }))
    } catch (error) {
      throw keptIn(path, error)
    }
    await files.remove(path)
  })
  return 0
}

/** The revision is that of the copy that was opened, whatever became of the line in the editor. */
function prepareEdited(text: string, { name, document }: NamedDocument, context: TctlContext): Prepared {
  const [edited, ...more] = readResourceDocuments(text, { name: 'the edited text' })
  if (edited === undefined || more.length > 0) throw editedRefused(name, 'it holds several resources')
  const { kind, metadata } = fieldsOf(edited.value)
  const revision = fieldsOf(document).metadata['revision']
  if (kind !== document['kind'] || metadata['name'] !== fieldsOf(document).metadata['name']) {
    throw editedRefused(name, 'kind and name cannot be changed')
  }
  const value = { ...fieldsOf(edited.value).all, metadata: { ...metadata, ...(revision === undefined ? {} : { revision }) } }
  return prepareDocument({ value, place: edited.place }, context)
}

interface Fields {
  readonly all: Readonly<Record<string, unknown>>
  readonly kind: unknown
  readonly metadata: Readonly<Record<string, unknown>>
}

function fieldsOf(value: unknown): Fields {
  const all = mappingOf(value)
  return { all, kind: all['kind'], metadata: mappingOf(all['metadata']) }
}

function mappingOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.fromEntries(Object.entries(value)) : {}
}

async function runEditor({ world }: TctlContext, path: string): Promise<void> {
  const names = ['TELEPORT_EDITOR', 'VISUAL', 'EDITOR']
  const editor = names.map((name) => world.environment[name]?.trim()).find((value) => value !== undefined && value !== '') ?? 'vi'
  // By the shell, as other programs do it: an editor may come with arguments, such as `code --wait`.
  const { exitCode } = await world.runChild('sh', ['-c', `${editor} "$1"`, 'sh', path])
  if (exitCode === 0) return
  throw new PortunusError('EDITOR_FAILED', `Cannot edit with "${editor}": it ended with exit code ${exitCode}`, {
    category: 'bad-input',
    hint: `name another editor in TELEPORT_EDITOR, VISUAL or EDITOR; the text is in ${path}`,
  })
}

function temporaryPath({ world }: TctlContext, { kind, name = '' }: Reference): string {
  const directory = world.environment['TMPDIR']?.replace(/\/$/, '') ?? '/tmp'
  const stamp = world.client.clock
    .now()
    .toISOString()
    .replaceAll(/[^0-9]/g, '')
  return `${directory}/tctl-${kind.kind}-${name.replaceAll(/[^\w.-]/g, '_')}-${stamp}.yaml`
}

/** Work in an editor is not thrown away because of a slip. */
function keptIn(path: string, error: unknown): unknown {
  if (!(error instanceof PortunusError)) return error
  const hint = `${error.hint === undefined ? '' : `${error.hint}; `}your text is kept in ${path}`
  return new PortunusError(error.code, error.message, { category: error.category, hint, details: error.details, cause: error })
}

function editedRefused(name: string, state: string): PortunusError {
  return new PortunusError('EDITED_RESOURCE_REFUSED', `Cannot take over the edited text of "${name}": ${state}`, {
    category: 'bad-input',
    hint: 'make new resources with tctl create, and delete old ones with tctl rm',
  })
}

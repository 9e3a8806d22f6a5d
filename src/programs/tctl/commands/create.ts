/** `tctl create`: makes the resources of a file, or of standard input. */
import type { AuthorityClient } from '#authority-api'
import { readResourceDocuments, resourceTextLengthMax, type ResourceText } from '#configuration'
import { PortunusError } from '#foundation'
import type { Outcome, Prepared } from '../kinds/kind.ts'
import { kindUnsupported, resourceKinds } from '../kinds/kinds.ts'
import { withAuthority, type TctlContext } from '../context.ts'

/** Every document is read and checked before the first is written. */
export async function createResources(context: TctlContext): Promise<number> {
  const [path] = context.args
  const name = path === undefined || path === '-' ? 'standard input' : path
  const text =
    path === undefined || path === '-' ? await context.world.readInput({ bytesMax: resourceTextLengthMax }) : await readFile(context, path)
  const replaces = context.flags['force'] === true
  const documents = readResourceDocuments(text, { name }).map((document) => ({ document, prepared: prepareDocument(document, context) }))
  await withAuthority(context, async (authority) => {
    for (const { document, prepared } of documents) {
      const outcome = await write(prepared, { authority, replaces }).catch((error: unknown) => {
        throw document.place(error)
      })
      tellOutcome(context, outcome)
    }
  })
  return 0
}

/** Throws KIND_MISSING, KIND_UNSUPPORTED, RESOURCE_MALFORMED; each with the place. */
export function prepareDocument(document: ResourceText, { world }: TctlContext): Prepared {
  try {
    const kind = kindOf(document.value)
    const prepare = resourceKinds.find((known) => known.kind === kind)?.prepare
    if (prepare === undefined) throw kindUnsupported(kind, 'create')
    return prepare(document.value, { now: world.client.clock.now() })
  } catch (error) {
    throw document.place(error)
  }
}

export function tellOutcome({ world: { terminal } }: TctlContext, { sentence, notes = [] }: Outcome): void {
  terminal.answer(sentence)
  for (const note of notes) terminal.tell(note)
}

async function write(
  prepared: Prepared,
  { authority, replaces }: { readonly authority: AuthorityClient; readonly replaces: boolean },
): Promise<Outcome> {
  try {
    return await prepared.create(authority)
  } catch (error) {
    if (!(error instanceof PortunusError) || error.category !== 'already-exists') throw error
    if (replaces) return await prepared.update(authority, { replace: true })
    throw new PortunusError(error.code, error.message, { ...error, hint: 'replace it with: tctl create -f' })
  }
}

async function readFile({ world }: TctlContext, path: string): Promise<string> {
  const absolute = path.startsWith('/') ? path : `${world.workingDirectory}/${path}`
  const information = await world.client.files.information(absolute)
  if (information !== undefined && information.sizeBytes > resourceTextLengthMax) {
    throw new PortunusError(
      'RESOURCE_FILE_TOO_LARGE',
      `Cannot read the resources of "${path}": ${information.sizeBytes} bytes are more than ${resourceTextLengthMax}`,
      { category: 'limit-exceeded', hint: 'split it into several files' },
    )
  }
  return await world.client.files.readText(absolute)
}

function kindOf(value: unknown): string {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
  if (typeof kind === 'string' && kind !== '') return kind
  const expected = `expected one of ${resourceKinds.flatMap((known) => (known.prepare === undefined ? [] : [known.kind])).join(', ')}`
  throw new PortunusError('KIND_MISSING', `Cannot read the resource: kind: ${expected}`, {
    category: 'bad-input',
    hint: 'begin the document with its kind, such as kind: role',
    details: { problems: [{ path: 'kind', problem: expected }] },
  })
}

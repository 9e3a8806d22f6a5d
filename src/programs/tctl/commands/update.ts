/** `tctl update`: sets labels or expiry of a resource. */
import { PortunusError } from '#foundation'
import { kindUnsupported, parseNamedReference } from '../kinds/kinds.ts'
import { parseLabelParts } from '../labels.ts'
import { listFlag, textFlag, ttlFlag, withAuthority, type TctlContext } from '../context.ts'
import { tellOutcome } from './create.ts'
import { readResources } from './get.ts'

export async function updateResource(context: TctlContext): Promise<number> {
  const reference = parseNamedReference(context.args[0] ?? '', 'update')
  const { prepare } = reference.kind
  if (prepare === undefined) throw kindUnsupported(reference.kind.kind, 'update')
  const change = changeOf(context)
  await withAuthority(context, async (authority) => {
    const [resource] = await readResources(authority, reference)
    if (resource === undefined) return
    const { metadata } = resource.document
    const document = { ...resource.document, metadata: { ...(typeof metadata === 'object' ? metadata : {}), ...change } }
    const prepared = prepare(document, { now: context.world.client.clock.now() })
    tellOutcome(context, await prepared.update(authority, { replace: false }))
  })
  return 0
}

function changeOf(context: TctlContext): Readonly<Record<string, unknown>> {
  const labels = listFlag(context, 'setLabels')
  const ttl = textFlag(context, 'setTtl')
  if (labels.length === 0 && ttl === undefined) {
    throw new PortunusError('UPDATE_EMPTY', 'Cannot update the resource: nothing to change is given', {
      category: 'bad-input',
      hint: 'give --set-labels=key=value or --set-ttl=1h',
    })
  }
  const milliseconds = ttl === undefined ? undefined : ttlFlag({ ...context, flags: { ttl } }, { usual: 3_600_000 })
  const now = context.world.client.clock.now().getTime()
  return {
    ...(labels.length === 0 ? {} : { labels: parseLabelParts(labels) }),
    ...(milliseconds === undefined ? {} : { expires: new Date(now + milliseconds).toISOString() }),
  }
}

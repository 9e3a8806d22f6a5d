/** `tctl rm`: deletes a resource. */
import { kindUnsupported, parseNamedReference } from '../kinds/kinds.ts'
import { withAuthority, type TctlContext } from '../context.ts'

export async function removeResource(context: TctlContext): Promise<number> {
  const { kind, name } = parseNamedReference(context.args[0] ?? '', 'delete')
  const { remove } = kind
  if (remove === undefined) throw kindUnsupported(kind.kind, 'delete')
  const { sentence } = await withAuthority(context, (authority) => remove(authority, name))
  context.world.terminal.answer(sentence)
  return 0
}

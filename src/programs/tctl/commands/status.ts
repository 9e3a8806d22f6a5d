/** `tctl status`: the cluster, its version, its authorities and the pin that hosts trust it by. */
import { headlessTable, printJson } from '#presentation'
import { textFlag, withAuthority, type TctlContext } from '../context.ts'

export async function status(context: TctlContext): Promise<number> {
  const { clusterName, version, authorities } = await withAuthority(context, (authority) => authority.getStatus({}))
  if (textFlag(context, 'format') === 'json') {
    context.world.terminal.answer(printJson({ cluster_name: clusterName, version, authorities }))
    return 0
  }
  const pins = authorities.filter(({ type }) => type === 'host').flatMap((host) => host.pins)
  context.world.terminal.answer(
    headlessTable([
      ['Cluster', clusterName],
      ['Version', version],
      ...authorities.map(({ type, rotation }) => [`${type} CA`, rotation]),
      ...pins.map((pin) => ['CA pin', pin]),
    ]),
  )
  return 0
}

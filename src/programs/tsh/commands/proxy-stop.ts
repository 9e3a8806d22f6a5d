/** `tsh proxy stop`: ends local proxies, in the background or in another terminal. */
import { PortunusError } from '#foundation'
import { listLocalProxies, stopLocalProxy, type LocalProxyRecord } from '#client'
import { nonEmpty, profileDirectory, type TshContext } from '../context.ts'
import { textOrUndefined, type Flags } from '../program.ts'

/** Throws PROXY_STOP_REFUSED unless exactly one of a name and `--all` is given, LOCAL_PROXY_NOT_FOUND, LOCAL_PROXY_STUCK. */
export async function stopProxies(context: TshContext, flags: Flags): Promise<number> {
  const { terminal, client } = context.world
  const name = nonEmpty(textOrUndefined(flags['name']))
  if ((name === undefined) !== (flags['all'] === true)) throw unclear()
  const directory = profileDirectory(context)
  const running = await listLocalProxies(client, directory)
  const leaving = name === undefined ? running : running.filter((record) => record.name === name)
  if (name !== undefined && leaving.length === 0) throw notFound(name, running)
  if (leaving.length === 0) terminal.tell('No local proxy is running.')
  for (const record of leaving) {
    await stopLocalProxy(client, directory, record)
    terminal.answer(`Stopped the local proxy "${record.name}".`)
  }
  return 0
}

function unclear(): PortunusError {
  return new PortunusError('PROXY_STOP_REFUSED', 'Cannot tell which local proxy to stop: give either a name or --all', {
    category: 'bad-input',
    hint: 'see those that run with: tsh proxy ls',
  })
}

function notFound(name: string, running: readonly LocalProxyRecord[]): PortunusError {
  const names = running.map((record) => `"${record.name}"`).join(', ')
  return new PortunusError('LOCAL_PROXY_NOT_FOUND', `Cannot stop the local proxy "${name}": it is not running`, {
    category: 'not-found',
    hint: running.length === 0 ? 'no local proxy is running; see tsh proxy ls' : `choose one of ${names}`,
  })
}

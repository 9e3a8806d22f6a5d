/** A local proxy for one resolved database, with everything it needs and everything it must give back. */
import type { Address, Secret } from '#foundation'
import { DatabaseKeys, LocalProxy, ProxySession } from '#client'
import { profileDirectory, type TshContext } from './context.ts'
import type { Target } from './target.ts'

export interface OpenedProxy extends AsyncDisposable {
  readonly port: number
}

export async function openLocalProxy(
  context: TshContext,
  target: Target,
  options: { readonly listen?: Address; readonly listenUnix?: string | undefined; readonly password?: Secret<string> } = {},
): Promise<OpenedProxy> {
  const { client } = context.world
  const { login, route, held } = target
  const keys = new DatabaseKeys(client, { directory: profileDirectory(context), login, route, held })
  const session = new ProxySession(client, { login, credentials: async () => (await keys.current()).keyPair })
  const proxy = await LocalProxy.open(client, {
    login,
    service: route.service,
    keys,
    session,
    password: options.password,
    listenUnix: options.listenUnix,
    ...(options.listen === undefined ? {} : { listen: options.listen }),
  })
  return {
    port: proxy.port,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await session[Symbol.asyncDispose]()
    },
  }
}

/** A transport to an API over one kept HTTP/2 connection that is opened anew when it is lost. */
import type { ApiTransport } from '#authority-api'
import type { TlsConnection } from '#foundation'
import { openHttp2Client, type Http2Client } from '#world'

export interface ReconnectingTransport extends ApiTransport, AsyncDisposable {}

/** Requests that meet a lost connection fail; the next one opens a new connection. */
export function openReconnectingTransport(connect: () => Promise<TlsConnection>): ReconnectingTransport {
  let current: Promise<Http2Client> | undefined
  const open = (): Promise<Http2Client> => {
    const opening = connect().then(openHttp2Client)
    current = opening
    opening.then(
      (client) => client.onClose(() => forget(opening)),
      () => forget(opening),
    )
    return opening
  }
  const forget = (client: Promise<Http2Client>): void => {
    if (current === client) current = undefined
  }
  return {
    async request(call) {
      const client = await (current ?? open())
      return await client.request(call)
    },
    async [Symbol.asyncDispose]() {
      const client = await current?.catch(() => undefined)
      await client?.[Symbol.asyncDispose]()
    },
  }
}

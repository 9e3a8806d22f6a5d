/** What a person does on the invite page: choose a password and enrol an authenticator app. Here over the same web API. */
import { request } from 'node:https'
import { TOTP, URI } from 'otpauth'

export interface Authenticator {
  /** A code that has not been handed out before; waits for the next period when it has to. */
  nextCode(): Promise<string>
}

/** Redeems an invite link. The chain of the proxy is verified against `caPem`. */
export async function signUp(inviteUrl: string, password: string, caPem: string): Promise<Authenticator> {
  const url = new URL(inviteUrl)
  const token = url.pathname.split('/').at(-1) ?? ''
  const api = new URL(`/v1/webapi/invites/${token}`, url)
  const invite = await callJson(api, 'GET', undefined, caPem)
  const totp = URI.parse(textOf(invite, 'otp_uri'))
  if (!(totp instanceof TOTP)) throw new Error('the invite offers no time-based codes')
  const authenticator = openAuthenticator(totp)
  await callJson(api, 'POST', { password, otp: await authenticator.nextCode() }, caPem)
  return authenticator
}

function openAuthenticator(totp: TOTP): Authenticator {
  let lastCounter = 0
  const periodMilliseconds = totp.period * 1000
  return {
    async nextCode() {
      // A code is good once, and one step ahead of the clock is still accepted.
      const now = Date.now()
      const counter = Math.max(Math.floor(now / periodMilliseconds), lastCounter + 1)
      const acceptedFrom = (counter - 1) * periodMilliseconds
      if (acceptedFrom > now) await new Promise((resolve) => setTimeout(resolve, acceptedFrom - now + 50))
      lastCounter = counter
      return totp.generate({ timestamp: counter * periodMilliseconds })
    },
  }
}

function textOf(document: unknown, name: string): string {
  if (typeof document === 'object' && document !== null && name in document) {
    const value: unknown = Object.entries(document).find(([key]) => key === name)?.[1]
    if (typeof value === 'string') return value
  }
  throw new Error(`the answer has no text "${name}": ${JSON.stringify(document)}`)
}

function callJson(url: URL, method: string, body: unknown, caPem: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, ca: caPem, headers: { 'content-type': 'application/json' }, agent: false }, (incoming) => {
      let text = ''
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
      incoming.once('end', () => {
        if (incoming.statusCode === 200) resolve(JSON.parse(text))
        else reject(new Error(`${method} ${url.pathname} answered ${incoming.statusCode}: ${text}`))
      })
    })
    outgoing.once('error', reject)
    outgoing.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Addresses of proxies as people write them: `host`, `host:port`, `https://host:port`, `[::1]:3080`. */
import { PortunusError, type Address } from '#foundation'

/** Where a proxy is looked for when no port is written: behind a load balancer, then on its own port. */
const defaultPorts = [443, 3080] as const

const addressPattern = /^(?:https:\/\/)?(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?\/?$/

/** The addresses to try, in order; throws PROXY_ADDRESS_MALFORMED. */
export function proxyCandidates(text: string): readonly Address[] {
  const match = addressPattern.exec(text.trim())
  const host = match?.[1] ?? match?.[2]
  if (host === undefined) throw malformed(text, 'expected a host name with an optional port')
  if (match?.[3] === undefined) return defaultPorts.map((port) => ({ host, port }))
  const port = Number(match[3])
  if (port < 1 || port > 65_535) throw malformed(text, `the port ${port} is not between 1 and 65535`)
  return [{ host, port }]
}

/** `host:port`, with brackets around IPv6. */
export function addressText(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** The host name a person wrote, without scheme and port: the name of the profile. */
export function proxyHostOf(text: string): string {
  return proxyCandidates(text)[0]?.host ?? text
}

function malformed(text: string, state: string): PortunusError {
  return new PortunusError('PROXY_ADDRESS_MALFORMED', `Cannot read the proxy address "${text}": ${state}`, {
    category: 'bad-input',
    hint: 'write it like --proxy=teleport.example.com:3080',
  })
}

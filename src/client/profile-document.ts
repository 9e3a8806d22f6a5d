/** One profile as a value and as the YAML file of the profile directory; what is secret lies elsewhere. */
import { parse, stringify } from 'yaml'
import * as z from 'zod/mini'
import { PortunusError, messageOf, type Address } from '#foundation'
import { addressText, proxyCandidates } from './proxy-address.ts'

export interface Profile {
  /** The host of the proxy: the name of the profile. */
  readonly proxyHost: string
  readonly address: Address
  readonly user: string
  readonly cluster: string
  /** Who vouches for the proxy's web certificate: the public authorities, or the cluster's own. */
  readonly webTrust: 'public' | 'cluster'
}

const profileSchema = z.looseObject({
  web_proxy_addr: z.string().check(z.minLength(1)),
  user: z.string().check(z.minLength(1)),
  cluster: z.string().check(z.minLength(1)),
  web_trust: z.optional(z.enum(['public', 'cluster'])),
})

/** Reads a profile file; throws PROFILE_UNREADABLE, which names the file. */
export function parseProfile(text: string, path: string): Profile {
  const fields = profileSchema.safeParse(parseYaml(text, path))
  if (!fields.success) {
    const [problem] = fields.error.issues
    throw unreadable(path, `${problem?.path.join('.') || 'the document'}: ${problem?.message ?? 'not understood'}`)
  }
  const [address, ...more] = addressesOf(fields.data.web_proxy_addr, path)
  if (address === undefined || more.length > 0) throw unreadable(path, 'web_proxy_addr: expected host:port')
  return {
    proxyHost: address.host,
    address,
    user: fields.data.user,
    cluster: fields.data.cluster,
    webTrust: fields.data.web_trust ?? 'cluster',
  }
}

export function printProfile(profile: Profile): string {
  return stringify({
    web_proxy_addr: addressText(profile.address),
    postgres_proxy_addr: addressText(profile.address),
    user: profile.user,
    cluster: profile.cluster,
    tls_routing_enabled: true,
    auth_connector: 'local',
    web_trust: profile.webTrust,
  })
}

function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    throw unreadable(path, messageOf(error).split('\n')[0] ?? 'no YAML')
  }
}

function addressesOf(text: string, path: string): readonly Address[] {
  try {
    return proxyCandidates(text)
  } catch {
    throw unreadable(path, `web_proxy_addr: "${text}" is no address`)
  }
}

/** What is in the profile directory cannot be used; logging in again writes it afresh. */
export function unreadable(path: string, state: string): PortunusError {
  return new PortunusError('PROFILE_UNREADABLE', `Cannot read the profile file "${path}": ${state}`, {
    category: 'bad-input',
    hint: `remove it with: rm ${path}, then log in again with: tsh login --proxy=<host:port> --user=<name>`,
  })
}

/** The `auth_service` section: the cluster's name, where the authority listens, static tokens, and how people authenticate. */
import * as z from 'zod/mini'
import { PortunusError, Secret } from '#foundation'
import { parseTokenRoles } from '#resources'
import { authPort, defaultAuth, type AuthConfiguration, type StaticToken } from './configuration.ts'
import {
  address,
  addressOf,
  addressText,
  anything,
  count,
  duration,
  flag,
  list,
  oneOf,
  oneOrMany,
  optional,
  refuse,
  scalar,
  section,
  text,
  withDefault,
} from './schema.ts'

type SecondFactor = AuthConfiguration['secondFactors'][number]

const clusterName = scalar('letters, digits, dots, dashes and underscores, at most 128', (value) =>
  /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/.test(value) ? value : undefined,
)

/** The upstream words for one or several second factors. A cluster without any is not offered. */
const factorsByWord: ReadonlyMap<string, readonly SecondFactor[]> = new Map([
  ['otp', ['otp']],
  ['webauthn', ['webauthn']],
  ['on', ['otp', 'webauthn']],
  ['optional', ['otp', 'webauthn']],
])
const secondFactor = scalar('one of otp, webauthn, on, optional', (value) => factorsByWord.get(value))

/** `db,node:xxxx`; the roles are public, the rest is the token. */
const staticToken = z.pipe(
  z.unknown(),
  z.transform((value: unknown, context): StaticToken => {
    const [, roles, token] = typeof value === 'string' ? (/^([A-Za-z_, ]+):(\S+)$/.exec(value) ?? []) : []
    const parsed = roles === undefined ? undefined : rolesOf(roles)
    if (parsed !== undefined && token !== undefined) return { roles: parsed, token: new Secret(token) }
    refuse(context, [], 'expected roles and a token such as "db:<token>" or "proxy,db:/path/of/token"')
    return z.NEVER
  }),
)

function rolesOf(roles: string): StaticToken['roles'] | undefined {
  try {
    return parseTokenRoles(roles)
  } catch (error) {
    if (error instanceof PortunusError) return undefined
    throw error
  }
}

/** Stricter than this version can be: refused, so that nobody believes in a rule that is not kept. */
const notYet = scalar('"no", this version cannot enforce it', (value) => (/^(?:no|false|off)$/i.test(value) ? false : undefined))

const authenticationSchema = section({
  type: withDefault(oneOf('local'), 'local'),
  local_auth: optional(scalar('"yes", people have local accounts only', (value) => (/^(?:yes|true|on)$/i.test(value) ? true : undefined))),
  second_factors: optional(list(oneOf('otp', 'webauthn'))),
  second_factor: optional(secondFactor),
  webauthn: anything,
  require_session_mfa: optional(notYet),
  connector_name: anything,
  passwordless: anything,
  headless: anything,
  locking_mode: withDefault(oneOf('best_effort', 'strict'), defaultAuth.lockingMode),
  default_session_ttl: optional(duration),
  device_trust: optional(section({ mode: oneOf('off', 'optional') })),
})

export const authSchema = z.pipe(
  section({
    enabled: withDefault(flag, true),
    cluster_name: optional(clusterName),
    listen_addr: withDefault(address(authPort), defaultAuth.listenAddress),
    public_addr: withDefault(oneOrMany(text), []),
    tokens: withDefault(oneOrMany(staticToken), []),
    authentication: optional(authenticationSchema),
    session_recording: optional(oneOf('node', 'node-sync', 'proxy', 'proxy-sync', 'off')),
    client_idle_timeout: optional(duration),
    disconnect_expired_cert: withDefault(flag, defaultAuth.disconnectExpiredCertificate),
    web_idle_timeout: optional(duration),
    keep_alive_interval: optional(duration),
    keep_alive_count_max: optional(count),
    proxy_listener_mode: optional(oneOf('multiplex')),
    routing_strategy: anything,
    proxy_protocol: anything,
  }),
  z.transform((auth, context): AuthConfiguration => {
    const { authentication } = auth
    if (authentication?.second_factors !== undefined && authentication.second_factor !== undefined) {
      refuse(context, ['authentication', 'second_factor'], 'expected either second_factors or second_factor, not both')
    }
    return {
      enabled: auth.enabled,
      clusterName: auth.cluster_name,
      listenAddress: auth.listen_addr,
      publicAddresses: publicAddresses(auth.public_addr, { context, defaultPort: authPort }),
      staticTokens: auth.tokens,
      secondFactors: authentication?.second_factors ?? authentication?.second_factor ?? defaultAuth.secondFactors,
      lockingMode: authentication?.locking_mode ?? defaultAuth.lockingMode,
      defaultSessionTtlMilliseconds: authentication?.default_session_ttl,
      clientIdleTimeoutMilliseconds: auth.client_idle_timeout,
      disconnectExpiredCertificate: auth.disconnect_expired_cert,
    }
  }),
)

/** Public addresses as `host:port`; a wrong one is a problem at its place in the list. */
export function publicAddresses(
  texts: readonly string[],
  options: { readonly context: z.core.ParsePayload; readonly defaultPort: number },
): readonly string[] {
  const { context, defaultPort } = options
  return texts.flatMap((value, index) => {
    const parsed = addressOf(value, defaultPort)
    if (parsed !== undefined && parsed.port !== 0) return [addressText(parsed)]
    refuse(context, ['public_addr', index], `expected host:port (port ${defaultPort} when left out), got ${JSON.stringify(value)}`)
    return []
  })
}

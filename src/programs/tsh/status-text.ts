/** `tsh status` as values and as text: who one is, where, and until when. */
import type { Login } from '#client'
import { safeText, statusTime, validity } from '#presentation'

export interface ProfileStatus {
  readonly profileUrl: string
  readonly user: string
  readonly cluster: string
  readonly roles: readonly string[]
  readonly traits: Readonly<Record<string, readonly string[]>>
  readonly databases: readonly string[]
  /** Ids of the access requests that are taken on. */
  readonly activeRequests: readonly string[]
  readonly validUntil: Date
}

export function profileStatus(login: Login, databases: readonly string[], address: string): ProfileStatus {
  const { identity, validUntil } = login.held
  return {
    profileUrl: `https://${address}`,
    user: identity.user,
    cluster: login.profile.cluster,
    roles: identity.roles,
    traits: identity.traits,
    databases,
    activeRequests: identity.activeRequests ?? [],
    validUntil,
  }
}

export interface StatusTextOptions {
  readonly now: Date
  readonly isActive: boolean
  /** Adds the traits. */
  readonly debug: boolean
  /** Environment variables that take precedence over the profile. */
  readonly environment: Readonly<Record<string, string>>
}

/** One profile, labels padded to column 22, a blank line after it. */
export function statusText(status: ProfileStatus, options: StatusTextOptions): string {
  const rows: (readonly [string, string])[] = [
    ['Profile URL:', status.profileUrl + shadow(options, 'TELEPORT_PROXY')],
    ['Logged in as:', status.user + shadow(options, 'TELEPORT_USER')],
    ...optional('Active requests:', status.activeRequests.join(', ')),
    ['Cluster:', status.cluster + shadow(options, 'TELEPORT_CLUSTER')],
    ['Roles:', status.roles.join(', ')],
    ...optional('Logins:', visibleLogins(status).join(', ')),
    ['Kubernetes:', 'disabled'],
    ...optional('Databases:', status.databases.join(', ')),
    ...(options.debug ? optional('Traits:', traitsText(status.traits)) : []),
    ['Valid until:', `${statusTime(status.validUntil)} [${validity(status.validUntil, options.now)}]`],
  ]
  const lines = rows.map(([label, value], index) => `${index === 0 && options.isActive ? '> ' : '  '}${label.padEnd(20)}${safeText(value)}`)
  return `${lines.join('\n')}\n\n`
}

/** The stable form for programs. */
export function statusDocument(status: ProfileStatus): Readonly<Record<string, unknown>> {
  return {
    profile_url: status.profileUrl,
    username: status.user,
    active_requests: status.activeRequests,
    cluster: status.cluster,
    roles: status.roles,
    traits: status.traits,
    logins: visibleLogins(status),
    kubernetes_enabled: false,
    kubernetes_cluster: '',
    kubernetes_users: [],
    kubernetes_groups: [],
    databases: status.databases,
    valid_until: status.validUntil.toISOString(),
    extensions: [],
    critical_options: {},
    allowed_resources: [],
  }
}

function optional(label: string, value: string): readonly (readonly [string, string])[] {
  return value === '' ? [] : [[label, value]]
}

function shadow(options: StatusTextOptions, variable: string): string {
  const value = options.environment[variable]
  return value === undefined || !options.isActive ? '' : ` (${value})`
}

function visibleLogins(status: ProfileStatus): readonly string[] {
  return (status.traits['logins'] ?? []).filter((login) => !login.startsWith('-teleport-'))
}

function traitsText(traits: ProfileStatus['traits']): string {
  return Object.entries(traits)
    .filter(([, values]) => values.length > 0)
    .map(([name, values]) => `${name}: ${values.join(', ')}`)
    .join('; ')
}

/** What `teleport start` is told: one value with everything the services need, whoever said it, and its defaults. */
import type { Address, Secret } from '#foundation'
import type { Database, SystemRole } from '#resources'
import type { ConfigurationWarning } from './problem.ts'

export interface TeleportConfiguration {
  readonly nodename: string
  readonly dataDirectory: string
  readonly log: LogConfiguration
  /** The join token itself, or the absolute path of the file that holds it. Needed for the first start of an agent only. */
  readonly authToken: Secret<string> | undefined
  /** `sha256:` and 64 hexadecimal digits each. */
  readonly caPins: readonly string[]
  /** Absolute paths of files that hold such pins, one per line. */
  readonly caPinFiles: readonly string[]
  readonly proxyServer: Address | undefined
  readonly authServer: Address | undefined
  /** Where health and metrics are served, in plain HTTP. */
  readonly diagAddress: Address | undefined
  readonly pidFile: string | undefined
  readonly auth: AuthConfiguration
  readonly proxy: ProxyConfiguration
  readonly database: DatabaseConfiguration
  readonly discovery: DiscoveryConfiguration
  readonly warnings: readonly ConfigurationWarning[]
}

export interface LogConfiguration {
  readonly severity: 'debug' | 'info' | 'warn' | 'error'
  /** `stderr`, `stdout` or an absolute path. */
  readonly output: string
  readonly format: 'text' | 'json'
}

export interface StaticToken {
  readonly roles: readonly SystemRole[]
  /** The token itself, or the absolute path of the file that holds it. */
  readonly token: Secret<string>
}

export interface AuthConfiguration {
  readonly enabled: boolean
  /** Fixed at the first start. Absent: the name of the node. */
  readonly clusterName: string | undefined
  readonly listenAddress: Address
  readonly publicAddresses: readonly string[]
  readonly staticTokens: readonly StaticToken[]
  readonly secondFactors: readonly ('otp' | 'webauthn')[]
  readonly lockingMode: 'best_effort' | 'strict'
  readonly defaultSessionTtlMilliseconds: number | undefined
  readonly clientIdleTimeoutMilliseconds: number | undefined
  readonly disconnectExpiredCertificate: boolean
}

export interface HttpsKeypair {
  readonly certificateFile: string
  readonly keyFile: string
}

export interface ProxyConfiguration {
  readonly enabled: boolean
  readonly webListenAddress: Address
  /** `host:port` each. */
  readonly publicAddresses: readonly string[]
  /** Empty: the certificate is made by the cluster itself. */
  readonly httpsKeypairs: readonly HttpsKeypair[]
}

export interface DatabaseConfiguration {
  readonly enabled: boolean
  /** Static databases. Their `tls.caCert` is empty: files are named below and read by whoever may read files. */
  readonly databases: readonly Database[]
  /** `tls.ca_cert_file` by the name of the database: the absolute path of a PEM file. */
  readonly caCertFiles: Readonly<Record<string, string>>
  /** Which databases of the cluster this agent serves, beside the static ones. */
  readonly resources: readonly ResourceMatcher[]
  readonly awsMatchers: readonly AwsMatcher[]
}

/** Labels all of which a database must have; entries of a list of matchers are alternatives. */
export interface ResourceMatcher {
  readonly labels: Readonly<Record<string, readonly string[]>>
  readonly assumeRoleArn: string | undefined
  readonly externalId: string | undefined
}

export type AwsMatcherType = 'rds' | 'rdsproxy' | 'redshift' | 'redshift-serverless'

export interface AwsMatcher {
  readonly types: readonly AwsMatcherType[]
  readonly regions: readonly string[]
  readonly tags: Readonly<Record<string, readonly string[]>>
  readonly assumeRoleArn: string | undefined
  readonly externalId: string | undefined
}

export interface DiscoveryConfiguration {
  readonly enabled: boolean
  readonly group: string | undefined
  readonly pollIntervalMilliseconds: number
  readonly awsMatchers: readonly AwsMatcher[]
}

export const defaultConfigurationPath = '/etc/teleport.yaml'
export const defaultDataDirectory = '/var/lib/teleport'
export const webPort = 3080
export const authPort = 3025
export const diagPort = 3000

export const defaultLog: LogConfiguration = { severity: 'info', output: 'stderr', format: 'text' }

/** Agents come through the proxy, so the authority's own port stays on this host unless the file says otherwise. */
export const defaultAuth: AuthConfiguration = {
  enabled: true,
  clusterName: undefined,
  listenAddress: { host: '127.0.0.1', port: authPort },
  publicAddresses: [],
  staticTokens: [],
  secondFactors: ['otp'],
  lockingMode: 'best_effort',
  defaultSessionTtlMilliseconds: undefined,
  clientIdleTimeoutMilliseconds: undefined,
  disconnectExpiredCertificate: false,
}

export const defaultProxy: ProxyConfiguration = {
  enabled: true,
  webListenAddress: { host: '0.0.0.0', port: webPort },
  publicAddresses: [],
  httpsKeypairs: [],
}

export const defaultDatabase: DatabaseConfiguration = { enabled: false, databases: [], caCertFiles: {}, resources: [], awsMatchers: [] }

export const defaultDiscovery: DiscoveryConfiguration = {
  enabled: false,
  group: undefined,
  pollIntervalMilliseconds: 300_000,
  awsMatchers: [],
}

export interface HostFacts {
  readonly isRoot: boolean
  readonly homeDirectory: string
  readonly hostname: string
}

/** What `teleport start` runs without a file: all three services, reachable from this host only. */
export function defaultConfiguration(host: HostFacts): TeleportConfiguration {
  return {
    nodename: host.hostname,
    dataDirectory: host.isRoot ? defaultDataDirectory : `${host.homeDirectory.replace(/\/$/, '')}/.local/share/teleport`,
    log: defaultLog,
    authToken: undefined,
    caPins: [],
    caPinFiles: [],
    proxyServer: undefined,
    authServer: undefined,
    diagAddress: undefined,
    pidFile: undefined,
    auth: defaultAuth,
    proxy: { ...defaultProxy, webListenAddress: { host: '127.0.0.1', port: webPort } },
    database: { ...defaultDatabase, enabled: true },
    discovery: defaultDiscovery,
    warnings: [],
  }
}

/** Keys of teleport.yaml that are accepted so that files of others can be used, and that this version does nothing with. */
import { keyText, type ConfigurationWarning, type Position } from './problem.ts'
import type { YamlNode } from './yaml-tree.ts'

const singlePort = 'has no effect: everything is served on web_listen_addr'
const notInThisVersion = 'has no effect in this version'

/** Paths with `*` for any entry of a list, and why. A feature that comes takes its line away. */
const withoutEffect: readonly (readonly [path: string, reason: string, unlessItIs?: string])[] = [
  ['teleport.advertise_ip', notInThisVersion],
  ['teleport.auth_server', 'has no effect in this version: agents reach the cluster through proxy_server'],
  ['teleport.connection_limits', notInThisVersion],
  ['teleport.diag_addr', notInThisVersion],
  ['teleport.log.output', 'has no effect in this version: the log goes to standard error', 'stderr'],
  ['teleport.cache', notInThisVersion],
  ['teleport.shutdown_delay', notInThisVersion],
  ['teleport.storage.audit_events_uri', 'has no effect: audit events are kept in the data directory'],
  ['teleport.storage.audit_sessions_uri', 'has no effect: audit events are kept in the data directory'],
  ['teleport.log.format.extra_fields', notInThisVersion],
  ['auth_service.public_addr', notInThisVersion],
  ['auth_service.authentication.second_factor', 'has no effect in this version: one-time passwords are required', 'otp'],
  ['auth_service.authentication.second_factors.*', 'has no effect in this version: one-time passwords are required', 'otp'],
  ['auth_service.authentication.webauthn', notInThisVersion],
  ['auth_service.authentication.connector_name', notInThisVersion],
  ['auth_service.authentication.passwordless', notInThisVersion],
  ['auth_service.authentication.headless', notInThisVersion],
  ['auth_service.authentication.device_trust', notInThisVersion],
  ['auth_service.session_recording', 'has no effect: every statement is audited'],
  ['auth_service.client_idle_timeout', notInThisVersion],
  ['auth_service.web_idle_timeout', notInThisVersion],
  ['auth_service.keep_alive_interval', notInThisVersion],
  ['auth_service.keep_alive_count_max', notInThisVersion],
  ['auth_service.routing_strategy', notInThisVersion],
  ['auth_service.proxy_protocol', notInThisVersion],
  ['proxy_service.https_keypairs_reload_interval', notInThisVersion],
  ['proxy_service.listen_addr', singlePort],
  ['proxy_service.tunnel_listen_addr', singlePort],
  ['proxy_service.postgres_listen_addr', singlePort],
  ['proxy_service.postgres_public_addr', singlePort],
  ['proxy_service.mysql_listen_addr', singlePort],
  ['proxy_service.mysql_public_addr', singlePort],
  ['proxy_service.mongo_listen_addr', singlePort],
  ['proxy_service.mongo_public_addr', singlePort],
  ['proxy_service.kube_listen_addr', singlePort],
  ['proxy_service.kube_public_addr', singlePort],
  ['proxy_service.ssh_public_addr', singlePort],
  ['proxy_service.tunnel_public_addr', singlePort],
  ['proxy_service.peer_listen_addr', singlePort],
  ['proxy_service.peer_public_addr', singlePort],
  ['proxy_service.trust_x_forwarded_for', notInThisVersion],
  ['proxy_service.proxy_protocol', notInThisVersion],
  ['proxy_service.ui', notInThisVersion],
  ['db_service.aws', 'has no effect in this version: databases are not discovered'],
  ['db_service.azure', notInThisVersion],
  ['db_service.databases.*.dynamic_labels', notInThisVersion],
  ['db_service.databases.*.admin_user', notInThisVersion],
  ['db_service.databases.*.ca_cert_file', 'is an old name: write it as tls.ca_cert_file'],
  ['db_service.databases.*.tls.trust_system_cert_pool', notInThisVersion],
  ['db_service.databases.*.aws.session_tags', notInThisVersion],
  ['db_service.databases.*.aws.redshift_serverless', notInThisVersion],
  ['db_service.databases.*.aws.rds', notInThisVersion],
  ['db_service.databases.*.aws.elasticache', notInThisVersion],
  ['db_service.databases.*.aws.memorydb', notInThisVersion],
  ['db_service.databases.*.aws.secret_store', notInThisVersion],
  ['discovery_service', 'has no effect in this version: databases are not discovered'],
]

/** Services of others that a file may mention; they are not part of this product. */
export const otherServices = [
  'ssh_service',
  'app_service',
  'kubernetes_service',
  'windows_desktop_service',
  'okta_service',
  'jamf_service',
  'debug_service',
  'metrics_service',
  'tracing_service',
] as const

/** A warning for every key that is written and does nothing, and for every service that is asked for and does not exist. */
export function warningsOf(root: YamlNode): readonly ConfigurationWarning[] {
  const unused = withoutEffect.flatMap(([path, text, unlessItIs]) =>
    writtenKeys(root, path.split('.'))
      .filter(({ value }) => unlessItIs === undefined || value !== unlessItIs)
      .map((key) => ({ ...key, text })),
  )
  const services = otherServices.flatMap((name) => {
    const isOff = writtenKeys(root, [name, 'enabled']).some(({ value }) => /^(?:no|false|off)$/i.test(value))
    return isOff ? [] : writtenKeys(root, [name]).map((key) => ({ ...key, text: 'is not part of this product: set enabled: "no"' }))
  })
  const disabled = writtenKeys(root, ['discovery_service', 'enabled']).some(({ value }) => /^(?:no|false|off)$/i.test(value))
  return [...unused, ...services]
    .filter(({ key }) => !(disabled && key === 'discovery_service'))
    .map(({ line, column, key, text }) => ({ line, column, key, text }))
}

interface WrittenKey extends Omit<ConfigurationWarning, 'text'> {
  /** The text of the value, empty for structures. */
  readonly value: string
}

function writtenKeys(root: YamlNode, steps: readonly string[], walked: readonly PropertyKey[] = []): readonly WrittenKey[] {
  const [step, ...rest] = steps
  if (step === undefined) return []
  if (step === '*') {
    if (root.kind !== 'list') return []
    return root.items.flatMap((item, index) => written(item, { position: item.position, path: [...walked, index], rest }))
  }
  const entry = root.kind === 'mapping' ? root.entries.get(step) : undefined
  if (entry === undefined || entry.value.kind === 'nothing') return []
  return written(entry.value, { position: entry.keyPosition, path: [...walked, step], rest })
}

interface Reached {
  readonly position: Position
  readonly path: readonly PropertyKey[]
  readonly rest: readonly string[]
}

function written(node: YamlNode, reached: Reached): readonly WrittenKey[] {
  const { position, path, rest } = reached
  if (rest.length > 0) return writtenKeys(node, rest, path)
  return [{ ...position, key: keyText(path), value: node.kind === 'text' ? node.text : '' }]
}

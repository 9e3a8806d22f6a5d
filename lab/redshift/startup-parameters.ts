/** Startup parameters that only Redshift understands, and what they ask for. */

const redshiftOnly = new Set([
  'client_protocol_version',
  'driver_version',
  'driver_discovery_version',
  'os_version',
  'plugin_name',
  'provider_name',
  'token_type',
  'identity_namespace',
])
const redshiftOnlyPrefixes = ['_pq_.', 'idp_', 'idc_']

/** The parameters the real PostgreSQL may see, for the real user. */
export function parametersForPostgres(parameters: ReadonlyMap<string, string>, databaseUser: string): ReadonlyMap<string, string> {
  const kept = [...parameters].filter(
    ([name]) => !redshiftOnly.has(name) && !redshiftOnlyPrefixes.some((prefix) => name.startsWith(prefix)),
  )
  return new Map([...kept, ['user', databaseUser]])
}

/** The protocol version both sides speak, or undefined when the client did not ask: stock PostgreSQL clients never do. */
export function negotiateProtocolVersion(parameters: ReadonlyMap<string, string>, versionMax: number): number | undefined {
  const asked = parameters.get('client_protocol_version')
  if (asked === undefined || !/^\d{1,9}$/.test(asked)) return undefined
  return Math.min(Number(asked), versionMax)
}

/** The `db_service` and `discovery_service` sections: static databases, matchers of others, and who looks for them. */
import * as z from 'zod/mini'
import { awsServiceOf, databaseKindOf, locateCluster } from '#aws-model'
import { PortunusError } from '#foundation'
import { parseDatabase, type Database } from '#resources'
import { defaultDiscovery, type DatabaseConfiguration, type DiscoveryConfiguration, type ResourceMatcher } from './configuration.ts'
import { awsMatcherSchema, discoveryMatcherSchema, roleOverride, selector } from './matcher.ts'
import { absolutePath, anything, duration, flag, list, optional, refuse, section, text, withDefault } from './schema.ts'

const awsSchema = section({
  region: anything,
  account_id: anything,
  assume_role_arn: anything,
  external_id: anything,
  session_tags: anything,
  redshift: optional(section({ cluster_id: anything })),
  redshift_serverless: optional(section({ workgroup_name: optional(text), endpoint_name: optional(text) })),
  rds: optional(section({ instance_id: optional(text), cluster_id: optional(text) })),
  elasticache: anything,
  memorydb: anything,
  secret_store: anything,
})

/** The keys and their places. What a database's own values may be is checked by `resources`, which knows what a database is. */
const entrySchema = section({
  name: anything,
  description: anything,
  protocol: anything,
  uri: anything,
  ca_cert_file: optional(absolutePath),
  tls: optional(section({ mode: anything, server_name: anything, ca_cert_file: optional(absolutePath), trust_system_cert_pool: anything })),
  static_labels: anything,
  dynamic_labels: anything,
  admin_user: anything,
  aws: optional(awsSchema),
})

type DatabaseEntry = z.output<typeof entrySchema>

interface StaticDatabase {
  readonly database: Database
  readonly caCertFile: string | undefined
}

const databaseSchema = z.pipe(
  entrySchema,
  z.transform((entry, context): StaticDatabase => {
    try {
      const database = parseDatabase(documentOf(entry))
      if (databaseKindOf(database) === 'redshift') locateCluster(database)
      return { database, caCertFile: entry.tls?.ca_cert_file ?? entry.ca_cert_file }
    } catch (error) {
      if (!(error instanceof PortunusError)) throw error
      for (const problem of problemsOf(error)) refuse(context, problem.path, problem.text)
      return z.NEVER
    }
  }),
)

function documentOf(entry: DatabaseEntry): unknown {
  const { redshift, region, account_id, assume_role_arn, external_id } = entry.aws ?? {}
  return {
    kind: 'db',
    version: 'v3',
    metadata: { name: entry.name, description: entry.description, labels: entry.static_labels },
    spec: {
      protocol: entry.protocol,
      uri: withPort(entry.uri),
      tls: { mode: entry.tls?.mode, server_name: entry.tls?.server_name },
      aws: { region, account_id, assume_role_arn, external_id, redshift: { cluster_id: redshift?.cluster_id } },
    },
  }
}

/** Redshift listens on 5439 and PostgreSQL on 5432 unless the address says otherwise. */
function withPort(uri: unknown): unknown {
  if (typeof uri !== 'string' || /:\d+$/.test(uri) || uri.includes('/')) return uri
  return `${uri}:${awsServiceOf(uri)?.startsWith('redshift') === true ? 5439 : 5432}`
}

/** A database's own problems, each at the key of this file that holds the value. */
function problemsOf(error: PortunusError): readonly { readonly path: readonly PropertyKey[]; readonly text: string }[] {
  const problems = error.details?.['problems']
  if (!Array.isArray(problems))
    return [{ path: placeByCode.get(error.code) ?? [], text: expectationByCode.get(error.code) ?? error.message }]
  return problems.map((problem: unknown) => {
    const path = String(fieldOf(problem, 'path'))
    return { path: entryPath(path), text: String(fieldOf(problem, 'problem')) }
  })
}

const placeByCode: ReadonlyMap<string, readonly string[]> = new Map([
  ['AWS_ENDPOINT_MALFORMED', ['uri']],
  ['AWS_CLUSTER_ID_MISSING', ['uri']],
  ['AWS_REGION_MALFORMED', ['aws', 'region']],
  ['AWS_ACCOUNT_ID_MALFORMED', ['aws', 'account_id']],
])
const expectationByCode: ReadonlyMap<string, string> = new Map([
  [
    'AWS_ENDPOINT_MALFORMED',
    'expected the endpoint of a Redshift cluster such as my-redshift.abc123.us-east-1.redshift.amazonaws.com:5439',
  ],
  ['AWS_CLUSTER_ID_MISSING', 'expected aws.redshift.cluster_id beside it: this address does not name the cluster'],
])

/** `metadata.labels["env"]` of the resource is `static_labels` here, `spec.tls.mode` is `tls.mode`. */
function entryPath(resourcePath: string): readonly string[] {
  if (resourcePath.startsWith('metadata.labels')) return ['static_labels']
  return resourcePath.replace(/^(?:metadata|spec)\./, '').split('.')
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

const resourceMatcherSchema = z.pipe(
  section({ labels: selector, aws: roleOverride }),
  z.transform((matcher, context): ResourceMatcher => {
    const { assume_role_arn: assumeRoleArn, external_id: externalId } = matcher.aws
    if (externalId !== undefined && assumeRoleArn === undefined) {
      refuse(context, ['aws', 'external_id'], 'expected assume_role_arn beside it: the two replace those of the database together')
    }
    return { labels: matcher.labels, assumeRoleArn, externalId }
  }),
)

export const databaseServiceSchema = z.pipe(
  section({
    enabled: withDefault(flag, false),
    databases: withDefault(list(databaseSchema), []),
    resources: withDefault(list(resourceMatcherSchema), []),
    aws: withDefault(list(awsMatcherSchema), []),
    azure: anything,
  }),
  z.transform((service, context): DatabaseConfiguration => {
    const names = service.databases.map(({ database }) => database.metadata.name)
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) < index) refuse(context, ['databases', index, 'name'], `expected every name once, "${name}" was there before`)
    }
    const files = service.databases.flatMap(({ database, caCertFile }) =>
      caCertFile === undefined ? [] : [[database.metadata.name, caCertFile]],
    )
    return {
      enabled: service.enabled,
      databases: service.databases.map(({ database }) => database),
      caCertFiles: Object.fromEntries(files),
      resources: service.resources,
      awsMatchers: service.aws,
    }
  }),
)

export const discoverySchema = z.pipe(
  section({
    enabled: withDefault(flag, false),
    discovery_group: optional(text),
    poll_interval: withDefault(duration, defaultDiscovery.pollIntervalMilliseconds),
    aws: withDefault(list(discoveryMatcherSchema), []),
    azure: anything,
    gcp: anything,
    kubernetes: anything,
  }),
  z.transform((discovery): DiscoveryConfiguration => ({
    enabled: discovery.enabled,
    group: discovery.discovery_group,
    pollIntervalMilliseconds: discovery.poll_interval,
    awsMatchers: discovery.aws,
  })),
)

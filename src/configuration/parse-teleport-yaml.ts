/** teleport.yaml, version 3: text to a configuration, or all that is wrong with it, each with line, column, key and what was expected. */
import * as z from 'zod/mini'
import { databaseKindOf } from '#aws-model'
import { authSchema } from './auth-section.ts'
import {
  defaultAuth,
  defaultDatabase,
  defaultDataDirectory,
  defaultDiscovery,
  defaultLog,
  defaultProxy,
  type TeleportConfiguration,
} from './configuration.ts'
import { databaseServiceSchema, discoverySchema } from './database-section.ts'
import { configurationRefused, keyText, type ConfigurationWarning, type Problem } from './problem.ts'
import { proxySchema } from './proxy-section.ts'
import { anything, optional, scalar, section } from './schema.ts'
import { teleportSchema } from './teleport-section.ts'
import { otherServices, warningsOf } from './without-effect.ts'
import { locate, plainOf, readYaml, type YamlNode } from './yaml-tree.ts'

export interface ParseOptions {
  /** How the file is called in messages. */
  readonly path: string
  /** The name of the node where the file gives none. */
  readonly hostname?: string
}

const version = scalar('v3', (text) => (text === 'v3' ? text : undefined))

const fileSchema = section({
  version: optional(version),
  teleport: optional(teleportSchema),
  auth_service: optional(authSchema),
  proxy_service: optional(proxySchema),
  db_service: optional(databaseServiceSchema),
  discovery_service: optional(discoverySchema),
  ...Object.fromEntries(otherServices.map((name) => [name, anything])),
})

/**
 * Reads a teleport.yaml. Sections left out keep their defaults: auth and proxy are on, databases and discovery are off.
 * Throws CONFIGURATION_REFUSED (bad-input) that lists every problem as `path:line:column: key: text`; `details.problems` has them as data.
 */
export function parseTeleportYaml(text: string, options: ParseOptions): TeleportConfiguration {
  const reading = readYaml(text)
  if (reading.kind === 'problems') throw configurationRefused(options.path, reading.problems)
  const { root } = reading
  if (root.kind === 'nothing')
    throw configurationRefused(options.path, [{ ...root.position, key: '', text: 'expected a configuration, got nothing' }])
  const result = z.safeParse(fileSchema, plainOf(root))
  if (!result.success)
    throw configurationRefused(
      options.path,
      result.error.issues.flatMap((issue) => problemsOfIssue(issue, root)),
    )
  const configuration = configurationOf(result.data, { ...options, root })
  const problems = crossProblems(configuration, root)
  if (problems.length > 0) throw configurationRefused(options.path, problems)
  return configuration
}

function configurationOf(file: z.output<typeof fileSchema>, options: ParseOptions & { readonly root: YamlNode }): TeleportConfiguration {
  const { teleport } = file
  const configuration = {
    nodename: teleport?.nodename ?? options.hostname ?? 'localhost',
    dataDirectory: teleport?.dataDirectory ?? defaultDataDirectory,
    log: teleport?.log ?? defaultLog,
    authToken: teleport?.authToken,
    caPins: teleport?.caPins ?? [],
    caPinFiles: teleport?.caPinFiles ?? [],
    proxyServer: teleport?.proxyServer,
    authServer: teleport?.authServer,
    diagAddress: teleport?.diagAddress,
    pidFile: teleport?.pidFile,
    auth: file.auth_service ?? defaultAuth,
    proxy: file.proxy_service ?? defaultProxy,
    database: file.db_service ?? defaultDatabase,
    discovery: file.discovery_service ?? defaultDiscovery,
  }
  const missingVersion = file.version === undefined ? [{ ...options.root.position, key: 'version', text: 'is missing, v3 is assumed' }] : []
  return { ...configuration, warnings: [...missingVersion, ...warningsOf(options.root), ...databaseWarnings(configuration, options.root)] }
}

/** Zod's issues in our words, each at its place in the text. */
function problemsOfIssue(issue: z.core.$ZodIssue, root: YamlNode): readonly Problem[] {
  const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path]
  return paths.map((path) => ({ ...locate(root, path), key: keyText(path), text: issue.message }))
}

/** What no section can see alone. */
function crossProblems(configuration: Omit<TeleportConfiguration, 'warnings'>, root: YamlNode): readonly Problem[] {
  const { auth, proxy, database, proxyServer, authServer } = configuration
  const problem = (path: readonly string[], text: string): Problem => ({ ...locate(root, path), key: keyText(path), text })
  const isCluster = auth.enabled && proxy.enabled
  return [
    ...(database.enabled && !isCluster && proxyServer === undefined
      ? [
          problem(
            ['teleport', 'proxy_server'],
            'required, expected host:port of the proxy: the Database Service reaches the cluster through it',
          ),
        ]
      : []),
    ...(proxy.enabled && !auth.enabled && authServer === undefined
      ? [
          problem(
            ['teleport', 'auth_server'],
            'required, expected host:port of the Auth Service: it is not enabled in this file and the Proxy Service needs it',
          ),
        ]
      : []),
  ]
}

function databaseWarnings(configuration: Pick<TeleportConfiguration, 'database'>, root: YamlNode): readonly ConfigurationWarning[] {
  const { enabled, databases } = configuration.database
  const at = (path: readonly PropertyKey[], text: string): ConfigurationWarning => ({ ...locate(root, path), key: keyText(path), text })
  const off = !enabled && databases.length > 0 ? [at(['db_service', 'databases'], 'has no effect: db_service is not enabled')] : []
  const strangers = databases.flatMap((database, index) => {
    const kind = databaseKindOf(database)
    return kind === 'redshift'
      ? []
      : [at(['db_service', 'databases', index, 'uri'], `is a ${kind} database: this version signs in to provisioned Redshift only`)]
  })
  return [...off, ...strangers]
}

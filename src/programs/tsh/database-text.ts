/** Databases as `tsh db ls` shows them: rows of the table, labels, who may connect as whom, and the command that connects. */
import { printDatabase, type Database } from '#resources'
import { databaseKindOf } from '#aws-model'
import { discoveredNameLabel, type ChoosableDatabase, type HeldIdentity } from '#client'
import { allowedUsersCell, labelsCell } from '#presentation'
import { shellFlag, shellWord } from './shell-words.ts'

/** A database with what the person's roles allow there. */
export interface ListedDatabase {
  readonly database: Database
  readonly allowedUsers: readonly string[]
  readonly deniedUsers: readonly string[]
  readonly allowedNames: readonly string[]
  readonly deniedNames: readonly string[]
}

export interface RowOptions {
  readonly verbose: boolean
  /** The stored credentials, when one is logged into the database. */
  readonly active: HeldIdentity | undefined
}

export function databaseColumns(verbose: boolean): readonly string[] {
  return verbose
    ? ['Name', 'Description', 'Protocol', 'Type', 'URI', 'Allowed Users', 'Database Roles', 'Labels', 'Connect']
    : ['Name', 'Description', 'Allowed Users', 'Labels', 'Connect']
}

export function databaseRow(listed: ListedDatabase, options: RowOptions): readonly string[] {
  const { database } = listed
  const { metadata, spec } = database
  const name = shownName(database, options)
  const users = allowedUsersCell({ allowed: listed.allowedUsers, denied: listed.deniedUsers })
  const connect = options.active === undefined ? '' : connectCommand(metadata.name, options.active.identity.route ?? {})
  const labels = labelsCell(metadata.labels, { internal: options.verbose })
  const description = metadata.description ?? ''
  if (!options.verbose) return [name, description, users, labels, connect]
  return [name, description, spec.protocol, databaseKindOf(database), spec.uri, users, '', labels, connect]
}

/** `> name (user: u, db: d)` for a database one is logged into; discovered databases go by their short name. */
function shownName(database: Database, options: RowOptions): string {
  const { name, labels } = database.metadata
  const shown = options.verbose ? name : (labels[discoveredNameLabel] ?? name)
  const route = options.active?.identity.route
  if (route === undefined) return shown
  const parts = [...(route.user === undefined ? [] : [`user: ${route.user}`]), ...(route.name === undefined ? [] : [`db: ${route.name}`])]
  return parts.length === 0 ? `> ${shown}` : `> ${shown} (${parts.join(', ')})`
}

/** The command that connects again with the stored defaults. */
export function connectCommand(name: string, route: { readonly user?: string; readonly name?: string }): string {
  const user = route.user === undefined ? [] : [shellFlag('--db-user', route.user)]
  const databaseName = route.name === undefined ? [] : [shellFlag('--db-name', route.name)]
  return ['tsh db connect', ...user, ...databaseName, shellWord(name)].join(' ')
}

/** Whether every search word occurs somewhere in what the table could show, in any case of letters. */
export function matchesSearch(database: Database, words: readonly string[]): boolean {
  const haystack = searchableTexts(database)
  return words.every((word) => haystack.some((text) => text.toLowerCase().includes(word.toLowerCase())))
}

function searchableTexts(database: Database): readonly string[] {
  const { metadata, spec } = database
  const labels = Object.entries(metadata.labels).flatMap(([key, value]) => [key, value, `${key}=${value}`])
  return [metadata.name, metadata.description ?? '', spec.protocol, spec.uri, databaseKindOf(database), ...labels]
}

/** A database as names, labels and queries choose from. */
export interface ChoosableListing extends ChoosableDatabase {
  readonly listed: ListedDatabase
}

export function choosable(listed: ListedDatabase): ChoosableListing {
  const { database } = listed
  const { name, labels } = database.metadata
  return { name, labels, resource: printDatabase(database), searchable: searchableTexts(database), listed }
}

/** `a,b,"c d"` as words. */
export function searchWords(text: string | undefined): readonly string[] {
  const words = (text ?? '').match(/"[^"]*"|[^,\s"]+/g) ?? []
  return words.map((word) => word.replaceAll('"', '').trim()).filter((word) => word !== '')
}

/** The resource with what one may do there, for `--format=json` and `yaml`. */
export function databaseDocument(listed: ListedDatabase): unknown {
  return {
    ...Object(printDatabase(listed.database)),
    users: { allowed: listed.allowedUsers, denied: listed.deniedUsers },
    names: { allowed: listed.allowedNames, denied: listed.deniedNames },
    database_roles: [],
  }
}

/** From what a person typed to one database with valid credentials: chosen, defaults filled in, certificate at hand. */
import { PortunusError } from '#foundation'
import {
  chooseDatabaseName,
  chooseDatabaseUser,
  chooseFromList,
  issueDatabaseKeys,
  keysSuffice,
  listDatabaseKeys,
  openAuthority,
  planChoice,
  readDatabaseKeys,
  writeDatabaseKeys,
  type DatabaseSelector,
  type HeldIdentity,
  type Login,
  type LoginChoice,
} from '#client'
import type { DatabaseRoute } from '#client'
import { table } from '#presentation'
import { nonEmpty, parseLabels, profileDirectory, validLogin, type TshContext } from './context.ts'
import { queryFlag } from './database-filter.ts'
import { choosable, databaseColumns, databaseRow, type ListedDatabase } from './database-text.ts'
import { textOrUndefined, type Flags } from './program.ts'

export interface Target {
  readonly login: Login
  /** The database, and the user and name to use there as far as they are known. */
  readonly route: DatabaseRoute
  readonly held: HeldIdentity
}

export interface TargetOptions {
  /** Whether a database user and name must be known, as for psql, or may be left to the client program. */
  readonly needsLogin: boolean
  /** Obtains new credentials even where stored ones would do. */
  readonly refresh: boolean
}

/** Resolves the flags `--db-user`, `--db-name`, `--labels`, `--query` and the name to a database one holds credentials for. */
export async function resolveTarget(context: TshContext, flags: Flags, options: TargetOptions): Promise<Target> {
  const login = await validLogin(context)
  const selector = selectorOf(flags)
  const active = await listDatabaseKeys(profileDirectory(context), login.profile)
  const plan = planChoice(selector, active, 'reach')
  if (plan.kind === 'active' && !options.refresh) {
    const known = await fromStored(context, login, { flags, database: plan.name })
    if (known !== undefined) return known
  }
  const exact = plan.kind === 'active' ? { name: plan.name, labels: {} } : selector
  return fromAuthority(context, login, { flags, options, selector: exact, active })
}

export function selectorOf(flags: Flags): DatabaseSelector {
  return {
    name: nonEmpty(textOrUndefined(flags['name'])),
    labels: parseLabels(textOrUndefined(flags['labels'])),
    query: queryFlag(flags),
  }
}

/** The quick way: stored credentials that fit what was typed need no word with the authority. */
async function fromStored(
  context: TshContext,
  login: Login,
  wanted: { readonly flags: Flags; readonly database: string },
): Promise<Target | undefined> {
  const held = await readDatabaseKeys(profileDirectory(context), login.profile, wanted.database)
  const stored = held?.identity.route
  if (held === undefined || stored === undefined) return undefined
  const user = typedUser(wanted.flags) ?? stored.user
  const name = typedName(wanted.flags) ?? stored.name
  if (user === undefined || name === undefined) return undefined
  const route: DatabaseRoute = { service: stored.service, protocol: stored.protocol, user, name }
  return keysSuffice(held, route, { login, now: context.world.client.clock.now() }) ? { login, route, held } : undefined
}

interface AuthorityQuestion {
  readonly flags: Flags
  readonly options: TargetOptions
  readonly selector: DatabaseSelector
  readonly active: readonly string[]
}

async function fromAuthority(context: TshContext, login: Login, question: AuthorityQuestion): Promise<Target> {
  const directory = profileDirectory(context)
  await using connection = await openAuthority(context.world.client, login)
  const { databases } = await connection.authority.listDatabases({})
  const listed = choose(context, databases, question)
  const { name } = listed.database.metadata
  const stored = await readDatabaseKeys(directory, login.profile, name)
  const route = routeFor(listed, stored, question)
  if (stored !== undefined && !question.options.refresh && keysSuffice(stored, route, { login, now: context.world.client.clock.now() })) {
    return { login, route, held: stored }
  }
  const held = await issueDatabaseKeys(connection.authority, route)
  await writeDatabaseKeys(directory, login.profile, name, held.keyPair)
  return { login, route, held }
}

/** A target for a moment: its credentials are for this process, and nothing is stored. */
export async function passingTarget(context: TshContext, login: Login, listed: ListedDatabase, flags: Flags): Promise<Target> {
  const route = routeFor(listed, undefined, { flags, options: { needsLogin: true, refresh: true } })
  await using connection = await openAuthority(context.world.client, login)
  return { login, route, held: await issueDatabaseKeys(connection.authority, route) }
}

function choose(context: TshContext, databases: readonly ListedDatabase[], question: AuthorityQuestion): ListedDatabase {
  try {
    return chooseFromList(question.selector, databases.map(choosable), question.active).listed
  } catch (error) {
    if (error instanceof PortunusError && error.code === 'DATABASE_AMBIGUOUS') showMatches(context, databases, error)
    throw error
  }
}

/** Several databases fit: the person sees which, in full. */
function showMatches(context: TshContext, databases: readonly ListedDatabase[], error: PortunusError): void {
  const names: unknown = error.details?.['databases']
  const matching = databases.filter(({ database }) => Array.isArray(names) && names.includes(database.metadata.name))
  const rows = matching.map((listed) => databaseRow(listed, { verbose: true, active: undefined }))
  context.world.terminal.tell(table(databaseColumns(true), rows))
}

function routeFor(
  listed: ListedDatabase,
  stored: HeldIdentity | undefined,
  { flags, options }: Pick<AuthorityQuestion, 'flags' | 'options'>,
): DatabaseRoute {
  const { metadata, spec } = listed.database
  const earlier = stored?.identity.route
  const user = decided(options, chooseDatabaseUser, {
    database: metadata.name,
    flag: typedUser(flags),
    stored: earlier?.user,
    allowed: listed.allowedUsers,
    denied: listed.deniedUsers,
  })
  const name = decided(options, chooseDatabaseName, {
    database: metadata.name,
    flag: typedName(flags),
    stored: earlier?.name,
    allowed: listed.allowedNames,
    denied: listed.deniedNames,
  })
  return {
    service: metadata.name,
    protocol: spec.protocol,
    ...(user === undefined ? {} : { user }),
    ...(name === undefined ? {} : { name }),
  }
}

/** Where the client program will name user and database, an open choice stays open; a refusal does not. */
function decided(options: TargetOptions, rule: (choice: LoginChoice) => string, choice: LoginChoice): string | undefined {
  try {
    return rule(choice)
  } catch (error) {
    if (!options.needsLogin && error instanceof PortunusError && error.code.endsWith('_NOT_CHOSEN')) return undefined
    throw error
  }
}

function typedUser(flags: Flags): string | undefined {
  return nonEmpty(textOrUndefined(flags['dbUser']))
}

function typedName(flags: Flags): string | undefined {
  return nonEmpty(textOrUndefined(flags['dbName']))
}

/** `tctl get`: resources as YAML or JSON documents. */
import type { AuthorityClient } from '#authority-api'
import { PortunusError } from '#foundation'
import { printJson, printYamlDocuments } from '#presentation'
import { printDatabase, printDatabaseServer, printLock, printRole, printUser } from '#resources'
import { splitList, textFlag, withAuthority, type TctlContext } from '../context.ts'

interface Named {
  readonly name: string
  readonly document: unknown
}

type Read = (authority: AuthorityClient) => Promise<readonly Named[]>

const kinds: Readonly<Record<string, Read>> = {
  user: async (authority) => (await authority.listUsers({})).users.map((user) => ({ name: user.metadata.name, document: printUser(user) })),
  role: async (authority) => (await authority.listRoles({})).roles.map((role) => ({ name: role.metadata.name, document: printRole(role) })),
  db_server: async (authority) =>
    (await authority.listDatabaseServers({})).servers.map((server) => ({
      name: server.metadata.name,
      document: printDatabaseServer(server),
    })),
  lock: async (authority) => (await authority.listLocks({})).locks.map((lock) => ({ name: lock.metadata.name, document: printLock(lock) })),
  // Several agents may announce one database.
  db: async (authority) => {
    const { servers } = await authority.listDatabaseServers({})
    const databases = new Map(servers.map(({ spec }) => [spec.database.metadata.name, spec.database]))
    return [...databases].map(([name, database]) => ({ name, document: printDatabase(database) }))
  },
}

const aliases: Readonly<Record<string, string>> = {
  users: 'user',
  roles: 'role',
  locks: 'lock',
  dbs: 'db',
  databases: 'db',
  database: 'db',
  db_servers: 'db_server',
}

/** JSON is always a list, so that programs need not ask how many there are. */
export async function getResources(context: TctlContext): Promise<number> {
  const wanted = splitList(context.args[0] ?? '').map(parseReference)
  const found = await withAuthority(context, async (authority) => {
    const documents: unknown[] = []
    for (const reference of wanted) documents.push(...(await read(authority, reference)))
    return documents
  })
  const { terminal } = context.world
  if (textFlag(context, 'format') === 'json') terminal.answer(printJson(found))
  else if (found.length > 0) terminal.answer(printYamlDocuments(found))
  return 0
}

interface Reference {
  readonly kind: string
  readonly read: Read
  readonly name: string | undefined
}

function parseReference(text: string): Reference {
  const at = text.indexOf('/')
  const word = (at < 0 ? text : text.slice(0, at)).toLowerCase()
  const kind = aliases[word] ?? word
  const found = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (found !== undefined) return { kind, read: found, name: at < 0 ? undefined : text.slice(at + 1) }
  throw new PortunusError('KIND_UNKNOWN', `Cannot get "${text}": there is no kind "${word}"`, {
    category: 'bad-input',
    hint: `use one of ${Object.keys(kinds).join(', ')}, also as kind/name`,
  })
}

async function read(authority: AuthorityClient, { kind, read: list, name }: Reference): Promise<readonly unknown[]> {
  const all = (await list(authority)).toSorted((left, right) => (left.name < right.name ? -1 : 1))
  if (name === undefined) return all.map(({ document }) => document)
  const matching = all.filter((resource) => resource.name === name)
  if (matching.length > 0) return matching.map(({ document }) => document)
  throw new PortunusError('RESOURCE_UNKNOWN', `Cannot get "${kind}/${name}": there is none`, {
    category: 'not-found',
    hint: `see which there are with: tctl get ${kind}`,
  })
}

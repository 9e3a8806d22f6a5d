/** The JSON form of an identity, version 1: written whole, read strictly (no unknown, missing or misshapen field). */
import { messageOf, PortunusError } from '#foundation'
import type { DatabaseRoute, HostIdentity, HostRole, Identity, UserIdentity } from './identity.ts'

const documentVersion = 1

/** Longest JSON text of an identity; with base64url it stays far below what TLS stacks take as a certificate. */
export const identitySizeBytesMax = 24 * 1024

/** Why a text is no identity; the caller turns it into an error that names the certificate. */
export class IdentityShapeError extends Error {
  override readonly name = 'IdentityShapeError'
}

type Fields = Readonly<Record<string, unknown>>

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const labelPattern = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/
const hostRoles: readonly HostRole[] = ['Auth', 'Proxy', 'Db', 'Admin']

/**
 * JSON of an identity.
 * Throws CERTIFICATE_IDENTITY_REFUSED for one that the reader would not take back, or that is too large for a certificate.
 */
export function writeIdentity(identity: Identity): string {
  const text = JSON.stringify({ version: documentVersion, ...identity })
  try {
    readIdentity(text)
  } catch (error) {
    const name = identity.kind === 'user' ? identity.user : identity.hostId
    throw new PortunusError('CERTIFICATE_IDENTITY_REFUSED', `Cannot put the identity "${name}" into a certificate: ${messageOf(error)}`, {
      category: 'bad-input',
    })
  }
  return text
}

/** Reads what `writeIdentity` wrote; throws IdentityShapeError for anything else. */
export function readIdentity(text: string): Identity {
  if (Buffer.byteLength(text) > identitySizeBytesMax) throw new IdentityShapeError(`it is longer than ${identitySizeBytesMax} bytes`)
  const fields = parseObject(text)
  if (fields['version'] !== documentVersion) {
    throw new IdentityShapeError(`its version is ${JSON.stringify(fields['version'])}, this program knows version ${documentVersion}`)
  }
  if (fields['kind'] === 'user') return readUser(fields)
  if (fields['kind'] === 'host') return readHost(fields)
  throw new IdentityShapeError('it is neither of a user nor of a host')
}

function readUser(fields: Fields): UserIdentity {
  refuseUnknown(
    fields,
    'version kind user roles traits cluster usage route clientAddress certificateId previousExpiry proxiedBy activeRequests',
  )
  const usage = oneOf(fields, 'usage', ['login', 'db'])
  const route = fields['route'] === undefined ? undefined : readRoute(object(fields, 'route'))
  if ((usage === 'db') !== (route !== undefined)) throw new IdentityShapeError('usage "db" and a route go together')
  return {
    kind: 'user',
    user: text(fields, 'user'),
    roles: texts(fields, 'roles'),
    traits: traits(object(fields, 'traits')),
    cluster: text(fields, 'cluster'),
    usage,
    ...(route === undefined ? {} : { route }),
    ...optional('clientAddress', fields),
    certificateId: matching(fields, 'certificateId', uuidPattern),
    ...(fields['previousExpiry'] === undefined ? {} : { previousExpiry: matching(fields, 'previousExpiry', timePattern) }),
    ...optional('proxiedBy', fields),
    ...(fields['activeRequests'] === undefined ? {} : { activeRequests: requestIds(fields) }),
  }
}

function readRoute(fields: Fields): DatabaseRoute {
  refuseUnknown(fields, 'service protocol user name')
  return {
    service: text(fields, 'service'),
    protocol: text(fields, 'protocol'),
    ...optional('user', fields),
    ...optional('name', fields),
  }
}

function readHost(fields: Fields): HostIdentity {
  refuseUnknown(fields, 'version kind hostId hostname cluster roles certificateId')
  const roles = texts(fields, 'roles').map((role) => hostRoles.find((known) => known === role) ?? refuse('roles'))
  if (roles.length === 0) throw new IdentityShapeError('it has no role')
  return {
    kind: 'host',
    hostId: matching(fields, 'hostId', labelPattern),
    hostname: text(fields, 'hostname'),
    cluster: text(fields, 'cluster'),
    roles,
    certificateId: matching(fields, 'certificateId', uuidPattern),
  }
}

function parseObject(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // Said below, in our words.
  }
  throw new IdentityShapeError('it is not a JSON object')
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(field: string): never {
  throw new IdentityShapeError(`its field "${field}" has an unexpected shape`)
}

function refuseUnknown(fields: Fields, known: string): void {
  const names = known.split(' ')
  const unknown = Object.keys(fields).find((name) => !names.includes(name))
  if (unknown !== undefined) throw new IdentityShapeError(`it has the unknown field ${JSON.stringify(unknown)}`)
}

function text(fields: Fields, field: string): string {
  const value = fields[field]
  return typeof value === 'string' && value !== '' ? value : refuse(field)
}

function texts(fields: Fields, field: string): readonly string[] {
  const value = fields[field]
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value : refuse(field)
}

function requestIds(fields: Fields): readonly string[] {
  const ids = texts(fields, 'activeRequests')
  const isList = ids.length > 0 && ids.every((id) => uuidPattern.test(id)) && new Set(ids).size === ids.length
  return isList ? ids : refuse('activeRequests')
}

function object(fields: Fields, field: string): Fields {
  const value = fields[field]
  return isObject(value) ? value : refuse(field)
}

// Object.fromEntries makes own properties, so that a trait called __proto__ is only a trait.
function traits(fields: Fields): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, texts(fields, name)]))
}

function matching(fields: Fields, field: string, pattern: RegExp): string {
  const value = text(fields, field)
  return pattern.test(value) ? value : refuse(field)
}

function oneOf<Choice extends string>(fields: Fields, field: string, choices: readonly Choice[]): Choice {
  return choices.find((choice) => choice === fields[field]) ?? refuse(field)
}

function optional<Field extends string>(field: Field, fields: Fields): { readonly [name in Field]?: string } {
  return fields[field] === undefined ? {} : ({ [field]: text(fields, field) } as { [name in Field]: string })
}

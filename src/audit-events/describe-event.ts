/** How an event reads for a person: one line, without its time. */
import type { AuditEvent, AuditEventName } from './event.ts'

type Read = (field: string) => string

const textLengthMax = 160

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g

/** One printable line. An event this version does not know is described by its name. */
export function describeEvent(event: AuditEvent): string {
  const describe = Object.hasOwn(descriptions, event.event) ? descriptions[event.event as AuditEventName] : undefined
  const read: Read = (field) => shown(event[field])
  const line = describe === undefined ? shown(event.event) : describe(read, event)
  return line.replaceAll(/ +/g, ' ').trim()
}

const descriptions: Readonly<Record<AuditEventName, (read: Read, event: AuditEvent) => string>> = {
  'user.login': (read, event) =>
    event['success'] === true ? `${read('user')} logged in` : `${read('user')} failed to log in${because(read)}${lockout(read, event)}`,
  'user.create': (read) => `${read('user')} created the user ${read('name')}${having('roles', read)}`,
  'user.update': (read) => `${read('user')} changed the user ${read('name')}${having('roles', read)}`,
  'user.delete': (read) => `${read('user')} deleted the user ${read('name')}`,
  'user.reset': (read) => `${read('user')} reset the user ${read('name')}`,
  'user.unlock': (read) => `${read('user')} unlocked the user ${read('name')}`,
  'role.created': (read) => `${read('user')} created the role ${read('name')}`,
  'role.updated': (read) => `${read('user')} changed the role ${read('name')}`,
  'role.deleted': (read) => `${read('user')} deleted the role ${read('name')}`,
  'auth_preference.update': (read, event) =>
    event['reset'] === true ? `${read('user')} set the authentication preference back` : `${read('user')} changed how people authenticate`,
  'invite.create': (read) => `${read('user')} invited ${read('name')}`,
  'invite.redeemed': (read, event) =>
    event['success'] === true
      ? `${read('user')} set a password and second factor`
      : `${read('user')} failed to use an invitation${because(read)}`,
  'token.create': (read) => `${read('user')} created the token ${read('name')}${having('roles', read)}`,
  'token.update': (read) => `${read('user')} changed the token ${read('name')}${having('roles', read)}`,
  'token.delete': (read) => `${read('user')} deleted the token ${read('name')}`,
  join: (read, event) => {
    const host = `${read('hostname')} (${read('host_id')})`
    return event['success'] === true ? `${host} joined as ${read('roles')}` : `${host} was not let in as ${read('roles')}${because(read)}`
  },
  'cert.create': (read, event) =>
    `${read('user')} got a ${read('cert_type')} certificate${event['db_service'] === undefined ? '' : ` for ${read('db_service')}`} until ${read('expires')}`,
  'access.denied': (read) => `${read('user')} was refused ${read('operation')}${because(read)}`,
  'lock.created': (read) => `${read('user')} locked ${read('target')}: ${read('reason')}`,
  'lock.deleted': (read) => `${read('user')} removed the lock ${read('name')} on ${read('target')}`,
  'access_request.create': (read) => `${read('user')} requested ${read('roles')} for ${read('requester')}${saying('reason', read)}`,
  'access_request.update': (read) =>
    `${read('user')} decided the request of ${read('requester')} for ${read('roles')}: ${read('state')}${saying('reason', read)}`,
  'access_request.review': (read) =>
    `${read('reviewer')} reviewed the request of ${read('requester')} for ${read('roles')}: ${read('proposed_state')}${saying('reason', read)}`,
  'access_request.delete': (read) => `${read('user')} deleted the request of ${read('requester')} for ${read('roles')}`,
  'session.kill': (read) => `${read('user')} ended the session ${read('sid')}: ${read('reason')}`,
  'db.create': (read) => `${read('user')} created the database ${read('name')}`,
  'db.update': (read) => `${read('user')} changed the database ${read('name')}`,
  'db.delete': (read) => `${read('user')} deleted the database ${read('name')}`,
  'db.session.start': (read, event) =>
    event['success'] === true
      ? `${read('user')} connected to ${database(read)}`
      : `${read('user')} was refused ${database(read)}${because(read)}`,
  'db.session.connect.failed': (read) => `${read('user')} could not reach ${database(read)}${because(read)}`,
  'db.session.end': (read, event) =>
    `${read('user')} left ${database(read)}${event['statements'] === undefined ? '' : ` after ${count(read('statements'), 'statement')}`}`,
  'db.session.query': (read, event) => `${read('user')} on ${read('db_service')}: ${statement(read, event)}${outcome(read, event)}`,
  'db.session.query.part': (read) => `${read('user')} on ${read('db_service')}, part ${read('part')}: ${read('db_query')}`,
  'db.session.cancel': (read, event) =>
    event['success'] === true
      ? `${read('user')} cancelled a statement on ${read('db_service')}`
      : `a cancel request was refused${because(read)}`,
  'db.session.malformed_packet': (read) =>
    `audit stopped reading the ${read('direction')} side of ${read('user')} on ${database(read)}: ${read('reason')}`,
  'client.disconnect': (read) => `${read('user')} was disconnected from ${read('db_service')}: ${read('reason')}`,
}

function database(read: Read): string {
  return `${read('db_service')} as ${read('db_user')} (database name ${read('db_name')})`
}

/** What was run, as far as anybody knows: where SQL or a full memory hides the text, that is what there is to see. */
function statement(read: Read, event: AuditEvent): string {
  if (event['db_query_missing'] !== true) return read('db_query')
  const name = [event['portal_name'], event['statement_name']].find((one) => typeof one === 'string' && one !== '')
  const whose = name === undefined ? '' : ` of ${shown(name)}`
  return `[text${whose} unknown]${event['db_query'] === '' ? '' : ` ${read('db_query')}`}`
}

function because(read: Read): string {
  const error = read('error')
  return error === '?' ? '' : `: ${error}`
}

function saying(field: string, read: Read): string {
  const value = read(field)
  return value === '?' ? '' : ` (${value})`
}

function lockout(read: Read, event: AuditEvent): string {
  return event['locked_out'] === undefined ? '' : ` (too many failures: ${read('locked_out')} shut out until ${read('locked_until')})`
}

function having(field: string, read: Read): string {
  const value = read(field)
  return value === '?' ? '' : ` with ${field} ${value}`
}

function outcome(read: Read, event: AuditEvent): string {
  switch (event['outcome']) {
    case 'ok':
    case 'suspended': {
      const parts = [
        event['rows'] === undefined ? '' : count(read('rows'), 'row'),
        event['duration_ms'] === undefined ? '' : `${Math.round(Number(event['duration_ms']))} ms`,
      ].filter((part) => part !== '')
      return parts.length === 0 ? '' : ` (${parts.join(', ')})`
    }
    case 'error':
      return ` (failed: ${read('sql_state')} ${read('error')})`
    case undefined:
      return ''
    default:
      return ` (${read('outcome')})`
  }
}

function count(number: string, noun: string): string {
  return `${number} ${noun}${number === '1' ? '' : 's'}`
}

/** A value for a terminal: no control or direction marks, not too long; `?` for what is missing. */
function shown(value: unknown): string {
  if (value === undefined || value === null || value === '') return '?'
  const text = Array.isArray(value) ? value.join(',') : typeof value === 'string' ? value : JSON.stringify(value)
  const clean = text.slice(0, textLengthMax * 4).replaceAll(unprintable, ' ')
  return clean.length <= textLengthMax ? clean : `${clean.slice(0, textLengthMax - 3)}...`
}

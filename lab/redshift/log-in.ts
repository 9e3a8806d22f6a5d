/** Who may log in at the Redshift stand-in: a name with its temporary password, mapped to a real user of the database behind. */
import { createHash, randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { escapeIdentifier } from 'pg'
import type { LabClock } from '../clock.ts'
import type { DatabasePassword, DatabasePasswords } from '../database-passwords.ts'
import { equalTexts } from '../equal-texts.ts'
import type { Administration } from '../postgres/administration.ts'
import { readMessage } from './read.ts'
import { writeCleartextPasswordRequest, writeMd5PasswordRequest } from './wire.ts'
import type { FatalError } from './wire.ts'

export type PasswordMethod = 'md5' | 'cleartext'

export interface LogInOptions {
  readonly clusterId: string
  readonly passwordMethod: PasswordMethod
  readonly passwords: DatabasePasswords
  readonly administration: Administration
  readonly clock: LabClock
}

export type LogInOutcome =
  | { readonly kind: 'in'; readonly databaseUser: string; readonly database: string }
  | { readonly kind: 'refused'; readonly error: FatalError }
  | { readonly kind: 'gone' }

const passwordBytesMax = 10_000

/** Asks for the password and decides. Names that were never issued are asked too, and refused in the same words. */
export async function logIn(stream: Duplex, parameters: ReadonlyMap<string, string>, options: LogInOptions): Promise<LogInOutcome> {
  const loginName = parameters.get('user') ?? ''
  if (loginName === '') return refuse('no PostgreSQL user name specified in startup packet')
  const database = parameters.get('database') ?? loginName
  const salt = randomBytes(4)
  stream.write(options.passwordMethod === 'md5' ? writeMd5PasswordRequest(salt) : writeCleartextPasswordRequest())
  const message = await readMessage(stream, { type: 'p', bytesMax: passwordBytesMax })
  if (message === undefined) return { kind: 'gone' }
  const answer = message.toString('utf8').replace(/\0$/, '')
  const usable = options.passwords.usable({ clusterId: options.clusterId, loginName, databaseName: database }, options.clock.now())
  const expectedAnswer = (password: DatabasePassword) =>
    options.passwordMethod === 'md5' ? md5Answer(loginName, password.password.reveal(), salt) : password.password.reveal()
  const grant = usable.find((password) => equalTexts(expectedAnswer(password), answer))
  if (grant === undefined) return refuse(`password authentication failed for user "${loginName}"`)
  const state = await findOrCreateUser(options.administration, grant)
  if (state === 'missing') return refuse(`user "${grant.databaseUser}" does not exist`)
  if (state === 'superuser') return refuse(`user "${grant.databaseUser}" is not permitted to log in`)
  return { kind: 'in', databaseUser: grant.databaseUser, database }
}

function refuse(message: string): LogInOutcome {
  return { kind: 'refused', error: { sqlState: '28000', message } }
}

/** PostgreSQL manual, "Message Flow", AuthenticationMD5Password. */
function md5Answer(user: string, password: string, salt: Uint8Array): string {
  return `md5${md5(Buffer.concat([Buffer.from(md5(Buffer.from(password + user))), salt]))}`
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex')
}

async function findOrCreateUser(administration: Administration, grant: DatabasePassword): Promise<'present' | 'missing' | 'superuser'> {
  const find = () =>
    administration.query('postgres', 'SELECT rolsuper FROM pg_roles WHERE rolname = $1 AND rolcanlogin', [grant.databaseUser])
  let [row] = await find()
  if (row === undefined && grant.createUser) {
    // Two first logins at once: the loser finds what the winner made.
    await administration.query('postgres', `CREATE ROLE ${escapeIdentifier(grant.databaseUser)} LOGIN`).catch(() => undefined)
    ;[row] = await find()
  }
  if (row === undefined) return 'missing'
  return row['rolsuper'] === true ? 'superuser' : 'present'
}

/** Passwords: what is accepted, and argon2id (RFC 9106) hashes in PHC text form. It keeps none. */
import { argon2, timingSafeEqual } from 'node:crypto'
import { PortunusError, type Randomness, type Secret } from '#foundation'

const passwordCharactersMin = 12
const passwordCharactersMax = 128

// OWASP password storage cheat sheet: 19 MiB, two passes, one lane; about 40 ms on the thread pool.
const memoryKibibytes = 19_456
const passes = 2
const parallelism = 1
const saltBytes = 16
const hashBytes = 32

/** Costs as much to compare with as any hash of ours, and no password is known for it. */
export const decoyHash = `$argon2id$v=19$m=${memoryKibibytes},t=${passes},p=${parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** Throws PASSWORD_LENGTH_REFUSED unless it has 12 to 128 characters. */
export function checkPassword(password: Secret<string>): void {
  const characters = [...normalized(password)].length
  if (characters >= passwordCharactersMin && characters <= passwordCharactersMax) return
  throw new PortunusError(
    'PASSWORD_LENGTH_REFUSED',
    `Cannot accept the password: it has ${characters} characters, ${passwordCharactersMin} to ${passwordCharactersMax} are wanted`,
    { category: 'bad-input', hint: `choose a password of at least ${passwordCharactersMin} characters` },
  )
}

/** `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`. */
export async function hashPassword(password: Secret<string>, randomness: Randomness): Promise<string> {
  const salt = randomness.bytes(saltBytes)
  const hash = await derive(password, { salt, memory: memoryKibibytes, passes, parallelism, length: hashBytes })
  return `$argon2id$v=19$m=${memoryKibibytes},t=${passes},p=${parallelism}$${base64(salt)}$${base64(hash)}`
}

/** Whether the password is the one of the hash; takes the same time either way. */
export async function passwordMatches(password: Secret<string>, phc: string): Promise<boolean> {
  const stored = parsePhc(phc)
  const hash = await derive(password, { ...stored, length: stored.hash.length })
  return timingSafeEqual(hash, stored.hash)
}

interface Derivation {
  readonly salt: Uint8Array
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
  readonly length: number
}

/** Off the event loop, on Node's thread pool. */
function derive(password: Secret<string>, options: Derivation): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    argon2(
      'argon2id',
      {
        message: Buffer.from(normalized(password)),
        nonce: options.salt,
        memory: options.memory,
        passes: options.passes,
        parallelism: options.parallelism,
        tagLength: options.length,
      },
      (error, hash) => (error === null ? resolve(hash) : reject(error)),
    )
  })
}

/** The same letters typed on different systems become the same bytes (RFC 8265, NFKC as NIST SP 800-63B recommends). */
function normalized(password: Secret<string>): string {
  return password.reveal().normalize('NFKC')
}

const phcPattern = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

function parsePhc(text: string): Omit<Derivation, 'length'> & { readonly hash: Uint8Array } {
  const [, memory, passes, parallelism, salt, hash] = phcPattern.exec(text) ?? []
  if (salt === undefined || hash === undefined) {
    throw new PortunusError('PASSWORD_HASH_UNREADABLE', 'Cannot read a stored password hash: it is no argon2id text', {
      category: 'internal',
    })
  }
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}

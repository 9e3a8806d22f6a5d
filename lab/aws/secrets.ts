/** Random things in the shapes AWS gives them: key ids, secret keys, session tokens, unique ids, database passwords. */
import { randomBytes, randomInt } from 'node:crypto'

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const passwordAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+='

/** A unique id: `AKIA` long-lived key, `ASIA` session key, `AIDA` user, `AROA` role, `ANPA` managed policy (IAM identifiers, "Understanding unique ID prefixes"). */
export function newUniqueId(prefix: 'AKIA' | 'ASIA' | 'AIDA' | 'AROA' | 'ANPA'): string {
  return prefix + pick(base32, 16)
}

/** 40 characters of base64, as AWS's secret access keys. */
export function newSecretAccessKey(): string {
  return randomBytes(30).toString('base64')
}

export function newSessionToken(): string {
  return randomBytes(210).toString('base64')
}

/** A temporary database password; Redshift's are long and full of signs that need quoting in URLs. */
export function newDatabasePassword(): string {
  return pick(passwordAlphabet, 96)
}

function pick(alphabet: string, length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}

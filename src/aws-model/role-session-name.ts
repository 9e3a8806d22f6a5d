/** The name under which CloudTrail shows who assumed a role: the person, in the characters STS allows. */
import { createHash } from 'node:crypto'

// AWS STS API Reference, AssumeRole, parameter RoleSessionName.
const lengthMax = 64
const lengthMin = 2
const hashLength = 16

/**
 * A role session name of 2 to 64 characters of `[\w+=,.@-]` that carries the person.
 * A name that had to be changed ends in a hash of the original, so that two people never share one.
 */
export function roleSessionName(person: string): string {
  const readable = person.replaceAll(/[^\w+=,.@-]/g, '-')
  if (readable === person && person.length >= lengthMin && person.length <= lengthMax) return person
  const hash = createHash('sha256').update(person).digest('hex').slice(0, hashLength)
  return `${readable.slice(0, lengthMax - hashLength - 1)}-${hash}`
}

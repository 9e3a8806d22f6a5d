/** The one spelling of a JSON value (RFC 8785): no spaces, object keys sorted by their UTF-16 code units. */
import { PortunusError } from '#foundation'

// Deep enough for every event, shallow enough for every stack.
const depthMax = 64

/** Two equal values have equal texts. Undefined fields are left out; throws AUDIT_EVENT_REFUSED for what JSON cannot hold. */
export function canonicalJson(value: unknown): string {
  return write(value, 0)
}

function write(value: unknown, depth: number): string {
  if (depth > depthMax) throw refused('it is nested too deeply')
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refused(`it holds the number ${value}`)
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map((entry) => write(entry, depth + 1)).join(',')}]`
  if (typeof value !== 'object') throw refused(`it holds a ${typeof value}`)
  return writeObject(value, depth)
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw refused('it holds an object that is no plain value')
  let text = ''
  for (const [name, field] of Object.entries(value).sort(byName)) {
    if (field !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${write(field, depth + 1)}`
  }
  return `{${text}}`
}

/** By UTF-16 code units, as RFC 8785, section 3.2.3, asks. */
function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1
}

function refused(state: string): PortunusError {
  return new PortunusError('AUDIT_EVENT_REFUSED', `Cannot record an event: ${state}`, { category: 'bad-input' })
}

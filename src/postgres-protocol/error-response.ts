/** ErrorResponse and NoticeResponse: a severity, an SQLSTATE and words (PostgreSQL manual, 54.8). */
import { cString, decodeText, frame } from './bytes.ts'

export type Severity = 'ERROR' | 'FATAL' | 'PANIC' | 'WARNING' | 'NOTICE' | 'DEBUG' | 'INFO' | 'LOG'

export interface ServerReport {
  readonly severity: Severity
  /** Five characters (PostgreSQL manual, appendix A). Drivers branch on it, so that there always is one. */
  readonly sqlState: string
  readonly message: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
}

/** What a server reported, as far as it did. */
export interface ErrorFields {
  /** Never translated where the server tells it so (field V). */
  readonly severity?: string
  readonly sqlState?: string
  readonly message?: string
  readonly detail?: string
  readonly hint?: string
}

export function writeErrorResponse(report: ServerReport): Uint8Array {
  return writeReport('E', report)
}

export function writeNoticeResponse(report: ServerReport): Uint8Array {
  return writeReport('N', report)
}

function writeReport(type: 'E' | 'N', { severity, sqlState, message, detail, hint }: ServerReport): Uint8Array {
  const fields = [field('S', severity), field('V', severity), field('C', sqlState), field('M', message)]
  if (detail !== undefined) fields.push(field('D', detail))
  if (hint !== undefined) fields.push(field('H', hint))
  return frame(type, ...fields, new Uint8Array(1))
}

/** A zero character would end the field early; a report must never fail, so it is replaced. */
function field(letter: string, text: string): Uint8Array {
  return cString(letter + text.replaceAll('\0', '\u{fffd}'))
}

const fieldNames: Readonly<Record<string, keyof ErrorFields>> = {
  S: 'severity',
  V: 'severity',
  C: 'sqlState',
  M: 'message',
  D: 'detail',
  H: 'hint',
}

/** Reads the body of an `E` or `N` message; a truncated one gives the fields that are whole. Never throws. */
export function readErrorFields(body: Uint8Array): ErrorFields {
  const fields: { -readonly [name in keyof ErrorFields]: ErrorFields[name] } = {}
  let offset = 0
  while (offset < body.length && body[offset] !== 0) {
    const end = body.indexOf(0, offset + 1)
    if (end < 0) break
    const name = fieldNames[String.fromCharCode(body[offset] ?? 0)]
    // V comes after S and replaces it: S may be translated.
    if (name !== undefined) fields[name] = decodeText(body.subarray(offset + 1, end))
    offset = end + 1
  }
  return fields
}

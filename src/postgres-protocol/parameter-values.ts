/** The values in Bind and FunctionCall (PostgreSQL manual, 54.7): format codes, then a length and bytes for each. */
import { auditText, base64 } from './audit-text.ts'
import { MessageReader } from './message-reader.ts'

/** Text as sent, NULL, or the bytes of a binary value. */
export type ParameterValue = string | null | { readonly base64: string }

export interface ParameterValues {
  readonly values: readonly ParameterValue[]
  /** Whether values are missing at the end because they were beyond the limit. */
  readonly cut: boolean
}

/**
 * Reads values from the format codes on. `isWhole` tells whether these are all the bytes there were. Undefined when the
 * server cannot read them either: counts that do not fit, or an end too soon.
 */
export function readParameterValues(bytes: Uint8Array, isWhole: boolean): ParameterValues | undefined {
  const reader = new MessageReader(bytes)
  const formats: number[] = []
  const formatCount = reader.uint16()
  for (let index = 0; index < formatCount && !reader.failed; index++) formats.push(reader.uint16())
  const count = reader.uint16()
  if (reader.failed) return isWhole ? undefined : { values: [], cut: true }
  if (formatCount > 1 && formatCount !== count) return undefined
  const values: ParameterValue[] = []
  for (let index = 0; index < count; index++) {
    const value = readValue(reader, (formatCount === 1 ? formats[0] : formats[index]) ?? 0)
    if (reader.failed) return isWhole ? undefined : { values, cut: true }
    values.push(value)
  }
  return { values, cut: false }
}

function readValue(reader: MessageReader, format: number): ParameterValue {
  const length = reader.int32()
  if (length === -1) return null
  const bytes = reader.bytes(length)
  return format === 0 ? auditText(bytes) : { base64: base64(bytes) }
}

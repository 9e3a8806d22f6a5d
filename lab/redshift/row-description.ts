/** RowDescription with the metadata Redshift appends to every field from protocol version 1 on (read in Amazon's drivers, which parse it). */
import { originKey } from './column-descriptions.ts'
import type { ColumnDescription, ColumnOrigin } from './column-descriptions.ts'
import { int16, writeMessage } from './wire.ts'

interface Field {
  readonly origin: ColumnOrigin
  /** Name and the 18 bytes every RowDescription has. */
  readonly bytes: Buffer
}

const fixedBytes = 18

const flags = { notNull: 1, caseSensitive: 1 << 1, autoIncrement: 1 << 4, searchable: 1 << 12 } as const

/** The fields of a RowDescription's body, or undefined when the body is not one. */
export function parseFields(body: Buffer): readonly Field[] | undefined {
  if (body.length < 2) return undefined
  const fields: Field[] = []
  let at = 2
  for (let left = body.readUInt16BE(0); left > 0; left--) {
    const nameEnd = body.indexOf(0, at)
    const end = nameEnd + 1 + fixedBytes
    if (nameEnd < 0 || end > body.length) return undefined
    const origin = { tableOid: body.readUInt32BE(nameEnd + 1), columnNumber: body.readInt16BE(nameEnd + 5) }
    fields.push({ origin, bytes: body.subarray(at, end) })
    at = end
  }
  return fields
}

export function writeExtendedRowDescription(
  fields: readonly Field[],
  options: {
    readonly database: string
    readonly protocolVersion: number
    readonly descriptions: ReadonlyMap<string, ColumnDescription>
  },
): Buffer {
  const extended = fields.map(({ origin, bytes }) => {
    const description = options.descriptions.get(originKey(origin))
    return Buffer.concat([bytes, metadataOf(description, options)])
  })
  return writeMessage('T', int16(fields.length), ...extended)
}

function metadataOf(
  description: ColumnDescription | undefined,
  { database, protocolVersion }: { readonly database: string; readonly protocolVersion: number },
): Buffer {
  const names = [description?.schema, description?.table, description?.column, description === undefined ? '' : database]
  const flagBits =
    flags.searchable |
    (description?.notNull === true ? flags.notNull : 0) |
    (description?.autoIncrement === true ? flags.autoIncrement : 0) |
    (protocolVersion >= 3 ? flags.caseSensitive : 0)
  return Buffer.concat([Buffer.from(names.map((name) => `${name ?? ''}\0`).join('')), int16(flagBits)])
}

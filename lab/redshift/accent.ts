/** Makes a PostgreSQL server's messages sound like Redshift's where drivers notice; every other byte passes as it is. */
import type { Administration } from '../postgres/administration.ts'
import { describeColumns } from './column-descriptions.ts'
import { MessageSplitter } from './message-splitter.ts'
import { parseFields, writeExtendedRowDescription } from './row-description.ts'
import { writeMessage, writeParameterStatus } from './wire.ts'

export interface AccentOptions {
  readonly administration: Administration
  readonly database: string
  /** Undefined when the client did not ask for Redshift's protocol. */
  readonly protocolVersion: number | undefined
}

const serverVersion = '8.0.2'
const redshiftBuild = '1.0.99999'

// Parameters that came to PostgreSQL after 8.0.
const unknownToRedshift = new Set(['in_hot_standby', 'default_transaction_read_only', 'scram_iterations', 'search_path'])

/** Rewrites the server's side of one session, from the first message after the startup packet on. */
export async function* speakRedshift(server: AsyncIterable<Buffer>, options: AccentOptions): AsyncGenerator<Buffer> {
  const extended = (options.protocolVersion ?? 0) >= 1
  const splitter = new MessageSplitter(['S', 'K', 'C', ...(extended ? ['T'] : [])])
  for await (const chunk of server) {
    for (const piece of splitter.feed(chunk)) {
      yield piece.kind === 'bytes' ? piece.bytes : await translate(piece, options)
    }
  }
}

interface Message {
  readonly type: string
  readonly body: Buffer
  readonly whole: Buffer
}

async function translate(message: Message, options: AccentOptions): Promise<Buffer> {
  switch (message.type) {
    case 'S':
      return translateParameterStatus(message)
    case 'K':
      return Buffer.concat([...redshiftParameters(options.protocolVersion), message.whole])
    case 'C':
      return translateCommandComplete(message)
    case 'T':
      return translateRowDescription(message, options)
    default:
      return message.whole
  }
}

function translateParameterStatus({ body, whole }: Message): Buffer {
  const [name = ''] = body.toString('utf8').split('\0')
  if (name === 'server_version') return writeParameterStatus(name, serverVersion)
  return unknownToRedshift.has(name) ? Buffer.alloc(0) : whole
}

/** What Redshift tells beyond PostgreSQL, just before the cancel key. */
function redshiftParameters(protocolVersion: number | undefined): readonly Buffer[] {
  const parameters = { padb_version: redshiftBuild, datashare_enabled: 'off', external_database: 'off' }
  return [
    ...Object.entries(parameters).map(([name, value]) => writeParameterStatus(name, value)),
    ...(protocolVersion === undefined ? [] : [writeParameterStatus('server_protocol_version', String(protocolVersion))]),
  ]
}

/** Before 8.2 only INSERT, UPDATE, DELETE and MOVE told a count, and Redshift stayed there. */
function translateCommandComplete({ body, whole }: Message): Buffer {
  const tag = /^(SELECT|FETCH|COPY) \d+\0$/.exec(body.toString('latin1'))?.[1]
  return tag === undefined ? whole : writeMessage('C', tag)
}

async function translateRowDescription({ body, whole }: Message, options: AccentOptions): Promise<Buffer> {
  const { administration, database, protocolVersion = 0 } = options
  const fields = parseFields(body)
  if (fields === undefined) return whole
  const descriptions = await describeColumns(administration, { database, origins: fields.map(({ origin }) => origin) })
  return writeExtendedRowDescription(fields, { database, protocolVersion, descriptions })
}

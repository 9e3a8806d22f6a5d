/** What a client asks, as far as the audit wants to know: SQL texts, names and values, each up to its limit. */
import { auditText, auditTextOfCut, nameKey } from './audit-text.ts'
import { BoundedBytes, type CollectedBytes, type StreamingHash } from './bounded-bytes.ts'
import { uint32At } from './bytes.ts'
import type { FrameSink } from './frame-scanner.ts'
import { frontendTypes, refusalOfType } from './message-types.ts'
import { readParameterValues, type ParameterValues } from './parameter-values.ts'
import type { LongTexts, SqlText } from './statement.ts'

/** A name as sent, and as a server tells it from others. */
export interface Name {
  readonly text: string
  readonly key: string
}

export interface FrontendListener {
  /** Bytes of a message that belongs to a statement; comes before the message itself. */
  sent(bytes: number): void
  copied(bytes: number): void
  query(text: SqlText): void
  parse(name: Name, text: SqlText): void
  bind(message: { readonly portal: Name; readonly statement: Name; readonly values: ParameterValues | undefined }): void
  describe(): void
  execute(portal: Name): void
  close(target: 'statement' | 'portal', nameKey: string): void
  sync(): void
  functionCall(objectId: number, values: ParameterValues | undefined): void
}

export interface FrontendMessagesOptions {
  readonly sqlBytesMax: number
  readonly parametersBytesMax: number
  /** As many bytes of a name as the server minds: NAMEDATALEN - 1. */
  readonly nameBytesMax: number
  readonly createHash: () => StreamingHash
  readonly longTexts?: LongTexts | undefined
  readonly listener: FrontendListener
  readonly refuse: (reason: string) => void
}

/** The fields of a body, in order; a C string each, but for `rest`, which is all that is left. */
type Field = 'name' | 'secondName' | 'sql' | 'rest'

const fieldsOf: ReadonlyMap<number, readonly Field[]> = new Map([
  [frontendTypes.query, ['sql']],
  [frontendTypes.parse, ['name', 'sql']],
  [frontendTypes.bind, ['name', 'secondName', 'rest']],
  [frontendTypes.execute, ['name']],
  [frontendTypes.close, ['rest']],
  [frontendTypes.functionCall, ['rest']],
])

const emptyTypes: ReadonlySet<number> = new Set([frontendTypes.sync, frontendTypes.flush, frontendTypes.terminate, frontendTypes.copyDone])
const portalLetter = 0x50 // 'P' in Close

export class FrontendMessages implements FrameSink {
  readonly #options: FrontendMessagesOptions
  readonly #collectors: Readonly<Record<Field, BoundedBytes>>
  #type = 0
  #bodyLeft = 0
  #fields: readonly Field[] = []
  #field = 0

  constructor(options: FrontendMessagesOptions) {
    this.#options = options
    this.#collectors = {
      name: new BoundedBytes(options.nameBytesMax),
      secondName: new BoundedBytes(options.nameBytesMax),
      sql: new BoundedBytes(options.longTexts?.bytesMax ?? options.sqlBytesMax, options.createHash),
      rest: new BoundedBytes(Math.max(options.parametersBytesMax, options.nameBytesMax + 2)),
    }
  }

  begin(type: number, bodyBytes: number): boolean {
    const { listener } = this.#options
    if (type === frontendTypes.copyData) {
      listener.copied(bodyBytes + 5)
      return false
    }
    const fields = fieldsOf.get(type)
    if (fields === undefined) {
      this.#beginOther(type, bodyBytes)
      return false
    }
    const { longTexts } = this.#options
    if (longTexts !== undefined && bodyBytes > longTexts.bytesMax && fields.includes('sql')) {
      longTexts.refuse(bodyBytes)
      return false
    }
    listener.sent(bodyBytes + 5)
    this.#type = type
    this.#bodyLeft = bodyBytes
    this.#fields = fields
    this.#field = 0
    return true
  }

  take(chunk: Uint8Array, start: number, end: number): void {
    this.#bodyLeft -= end - start
    let offset = start
    while (offset < end) {
      const field = this.#fields[this.#field]
      if (field === undefined) return
      const piece = chunk.subarray(offset, end)
      if (field === 'rest') {
        this.#collectors.rest.add(piece, this.#bodyLeft === 0)
        return
      }
      const zero = piece.indexOf(0)
      // A view is kept only until the message is whole: within this call.
      this.#collectors[field].add(zero < 0 ? piece : piece.subarray(0, zero), zero >= 0 && this.#bodyLeft === 0)
      if (zero < 0) return
      this.#field += 1
      offset += zero + 1
    }
  }

  finish(): void {
    const { listener } = this.#options
    switch (this.#type) {
      case frontendTypes.query:
        return listener.query(this.#sql())
      case frontendTypes.parse:
        return listener.parse(this.#name('name'), this.#sql())
      case frontendTypes.bind:
        return listener.bind({ portal: this.#name('name'), statement: this.#name('secondName'), values: this.#values() })
      case frontendTypes.execute:
        return listener.execute(this.#name('name'))
      case frontendTypes.close:
        return this.#close()
      case frontendTypes.functionCall:
        return this.#functionCall()
    }
  }

  impossible(reason: string): void {
    this.#options.refuse(reason)
  }

  /** Messages whose bodies tell nothing. */
  #beginOther(type: number, bodyBytes: number): void {
    const { listener, refuse } = this.#options
    const refusal = refusalOfType(type)
    if (refusal !== undefined) return refuse(refusal)
    if (emptyTypes.has(type) && bodyBytes > 0) {
      return refuse(`a message of type "${String.fromCharCode(type)}" with the impossible length of ${bodyBytes + 4} bytes`)
    }
    switch (type) {
      case frontendTypes.sync:
        return listener.sync()
      case frontendTypes.describe:
        listener.sent(bodyBytes + 5)
        return listener.describe()
      case frontendTypes.copyDone:
      case frontendTypes.copyFail:
        return listener.copied(bodyBytes + 5)
    }
  }

  #close(): void {
    const { bytes } = this.#collectors.rest.takeAll()
    const end = bytes.indexOf(0, 1)
    const name = bytes.subarray(1, end < 0 ? bytes.length : end)
    const { listener, nameBytesMax } = this.#options
    listener.close(bytes[0] === portalLetter ? 'portal' : 'statement', nameKey(name, nameBytesMax))
  }

  #functionCall(): void {
    const { bytes, lengthBytes } = this.#collectors.rest.takeAll()
    const values = readParameterValues(bytes.subarray(4), bytes.length === lengthBytes)
    this.#options.listener.functionCall(uint32At(bytes, 0), values)
  }

  #values(): ParameterValues | undefined {
    const { bytes, lengthBytes } = this.#collectors.rest.takeAll()
    return readParameterValues(bytes, bytes.length === lengthBytes)
  }

  #sql(): SqlText {
    return sqlTextOf(this.#collectors.sql.takeAll(), this.#options)
  }

  #name(field: 'name' | 'secondName'): Name {
    const { bytes, lengthBytes } = this.#collectors[field].takeAll()
    const isCut = lengthBytes > bytes.length
    return { text: isCut ? auditTextOfCut(bytes) : auditText(bytes), key: nameKey(bytes, this.#options.nameBytesMax) }
  }
}

function sqlTextOf({ bytes, lengthBytes, sha256 }: CollectedBytes, options: FrontendMessagesOptions): SqlText {
  const { longTexts, sqlBytesMax, createHash } = options
  if (longTexts !== undefined && sha256 === undefined && lengthBytes > sqlBytesMax) {
    const hash = createHash()
    hash.update(bytes)
    const { id, firstPart } = longTexts.keep({ sql: auditText(bytes), lengthBytes })
    return { sql: firstPart, sqlLengthBytes: lengthBytes, sqlSha256: hash.digestHex(), longTextIds: [id] }
  }
  if (sha256 === undefined) return { sql: auditText(bytes), sqlLengthBytes: lengthBytes }
  return { sql: auditTextOfCut(bytes), sqlLengthBytes: lengthBytes, sqlSha256: sha256 }
}

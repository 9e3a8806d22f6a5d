/** What a server says, as far as the audit wants to know: counts of rows and bytes, completions, errors, readiness. */
import { BoundedBytes } from './bounded-bytes.ts'
import { concatenate, decodeText } from './bytes.ts'
import { readErrorFields } from './error-response.ts'
import type { FrameSink } from './frame-scanner.ts'
import { backendTypes, refusalOfType } from './message-types.ts'
import type { Pipeline } from './pipeline.ts'

// A tag is a few words; an error's text is cut here.
const bodyBytesMax = 8192

export class BackendMessages implements FrameSink {
  readonly #pipeline: Pipeline
  readonly #refuse: (reason: string) => void
  readonly #body = new BoundedBytes(bodyBytesMax)
  #type = 0
  #bodyLeft = 0

  /** `refuse` is told of bytes that are no messages; nothing may be pushed after that. */
  constructor(pipeline: Pipeline, refuse: (reason: string) => void) {
    this.#pipeline = pipeline
    this.#refuse = refuse
  }

  begin(type: number, bodyBytes: number): boolean {
    switch (type) {
      // The hot path: nothing is allocated here.
      case backendTypes.dataRow: {
        const statement = this.#pipeline.target()
        if (statement !== undefined) {
          statement.rowsOfCommand += 1
          statement.serverBytes += bodyBytes + 5
        }
        return false
      }
      case backendTypes.copyData: {
        const statement = this.#pipeline.target()
        if (statement !== undefined) statement.serverBytes += bodyBytes + 5
        return false
      }
      case backendTypes.notice:
      case backendTypes.notification:
      case backendTypes.parameterStatus:
      case backendTypes.backendKey:
      case backendTypes.authentication:
      case backendTypes.negotiateProtocolVersion:
        return false
      default:
        return this.#beginAnswer(type, bodyBytes)
    }
  }

  take(chunk: Uint8Array, start: number, end: number): void {
    this.#bodyLeft -= end - start
    this.#body.add(chunk.subarray(start, end), this.#bodyLeft === 0)
  }

  finish(): void {
    const { bytes, lengthBytes } = this.#body.takeAll()
    switch (this.#type) {
      case backendTypes.commandComplete:
        return this.#pipeline.completed(tagOf(bytes))
      case backendTypes.error:
        // What was cut ends where it was cut.
        return this.#pipeline.failed(readErrorFields(lengthBytes > bytes.length ? concatenate([bytes, new Uint8Array(1)]) : bytes))
      case backendTypes.readyForQuery:
        return this.#pipeline.ready(bytes[0] ?? 0)
    }
  }

  impossible(reason: string): void {
    this.#refuse(reason)
  }

  #beginAnswer(type: number, bodyBytes: number): boolean {
    const refusal = refusalOfType(type) ?? refusalOfLength(type, bodyBytes)
    if (refusal !== undefined) {
      this.#refuse(refusal)
      return false
    }
    const isEnd = type === backendTypes.error || type === backendTypes.readyForQuery
    const statement = isEnd ? this.#pipeline.targetOfEnd() : this.#pipeline.target()
    if (statement !== undefined) statement.serverBytes += bodyBytes + 5
    if (!isEnd && type !== backendTypes.commandComplete) {
      this.#answer(type)
      return false
    }
    this.#type = type
    this.#bodyLeft = bodyBytes
    return true
  }

  /** Messages that say all by their type. */
  #answer(type: number): void {
    switch (type) {
      case backendTypes.parseComplete:
        return this.#pipeline.answered('parse')
      case backendTypes.bindComplete:
        return this.#pipeline.answered('bind')
      case backendTypes.closeComplete:
        return this.#pipeline.answered('close')
      case backendTypes.rowDescription:
      case backendTypes.noData:
        return this.#pipeline.described()
      case backendTypes.emptyQuery:
      case backendTypes.functionResult:
        return this.#pipeline.completed(undefined)
      case backendTypes.portalSuspended:
        return this.#pipeline.suspended()
    }
  }
}

const bodyBytesOf: ReadonlyMap<number, number> = new Map([
  [backendTypes.parseComplete, 0],
  [backendTypes.bindComplete, 0],
  [backendTypes.closeComplete, 0],
  [backendTypes.noData, 0],
  [backendTypes.emptyQuery, 0],
  [backendTypes.portalSuspended, 0],
  [backendTypes.copyDone, 0],
  [backendTypes.readyForQuery, 1],
])

/** A length that its type never has: the stream is out of step. */
function refusalOfLength(type: number, bodyBytes: number): string | undefined {
  const expected = bodyBytesOf.get(type)
  if (expected === undefined || expected === bodyBytes) return undefined
  return `a message of type "${String.fromCharCode(type)}" with the impossible length of ${bodyBytes + 4} bytes`
}

function tagOf(body: Uint8Array): string {
  const end = body.indexOf(0)
  return decodeText(end < 0 ? body : body.subarray(0, end))
}

/** From what a client asks to the statements that will run: prepared texts and bound values are put together here. */
import type { FrontendListener, Name } from './frontend-messages.ts'
import { NamedEntries, type Candidates } from './named-entries.ts'
import type { ParameterValue, ParameterValues } from './parameter-values.ts'
import type { Operation } from './operation.ts'
import type { Pipeline } from './pipeline.ts'
import type { OpenStatement, SqlText } from './statement.ts'
import type { StatementDescription, StatementLedger } from './statement-ledger.ts'

interface PreparedText {
  readonly text: SqlText
}

interface Portal {
  readonly text: SqlText
  readonly isMissing: boolean
  readonly parameters: readonly ParameterValue[] | undefined
  readonly parametersCut: boolean
  readonly statementName: string
  /** What its last Execute belongs to. */
  statement: OpenStatement | undefined
}

// What an entry costs beside its text: objects, keys, places in the queue.
const entryCostBytes = 256
const valueCostBytes = 16
const noText: SqlText = { sql: '', sqlLengthBytes: 0 }

export class ClientRequests implements FrontendListener {
  readonly #ledger: StatementLedger
  readonly #pipeline: Pipeline
  readonly #prepared: NamedEntries<PreparedText>
  readonly #portals: NamedEntries<Portal>
  #group = 0
  /** Bytes sent since the last statement or Sync: they belong to the next statement. */
  #unattributedBytes = 0

  constructor(options: { readonly ledger: StatementLedger; readonly pipeline: Pipeline; readonly heldBytesMax: number }) {
    const { ledger, pipeline, heldBytesMax } = options
    this.#ledger = ledger
    this.#pipeline = pipeline
    const bytesMax = Math.floor(heldBytesMax / 2)
    this.#prepared = new NamedEntries({ bytesMax, onGone: () => {} })
    this.#portals = new NamedEntries({ bytesMax, onGone: (portal) => this.#replace(portal.statement) })
  }

  /** Texts and values held for later messages. */
  get heldBytes(): number {
    return this.#prepared.heldBytes + this.#portals.heldBytes
  }

  /** Portals live no longer than their transaction. */
  forgetPortals(group: number): void {
    this.#portals.forgetUntil(group)
  }

  sent(bytes: number): void {
    this.#unattributedBytes += bytes
  }

  copied(bytes: number): void {
    this.#ledger.countCopy(bytes)
  }

  query(text: SqlText): void {
    this.#begin('query', { kind: 'simple', text, parameters: undefined })
    this.#group += 1
  }

  functionCall(objectId: number, values: ParameterValues | undefined): void {
    const sql = `function ${objectId}`
    const text = { sql, sqlLengthBytes: sql.length }
    this.#begin('function', { kind: 'function', text, parameters: values?.values, parametersCut: values?.cut === true })
    this.#group += 1
  }

  parse(name: Name, text: SqlText): void {
    const entry = this.#prepared.put(name.key, { text }, { group: this.#group, costBytes: entryCostBytes + text.sql.length })
    this.#add('parse', undefined, entry)
  }

  bind(message: { readonly portal: Name; readonly statement: Name; readonly values: ParameterValues | undefined }): void {
    const { portal, statement, values } = message
    const candidates = this.#prepared.candidates(statement.key, this.#group)
    this.#prepared.touch(statement.key)
    const payload: Portal = {
      text: joinTexts(candidates),
      isMissing: candidates.payloads.length === 0,
      parameters: values?.values,
      parametersCut: values?.cut === true,
      statementName: statement.text,
      statement: undefined,
    }
    const entry = this.#portals.put(portal.key, payload, { group: this.#group, costBytes: costOf(payload) })
    this.#add('bind', undefined, entry)
  }

  describe(): void {
    this.#add('describe', undefined, undefined)
  }

  execute(name: Name): void {
    const candidates = this.#portals.candidates(name.key, this.#group)
    const [newest] = candidates.payloads
    const isCertain = candidates.payloads.length === 1
    if (isCertain && newest?.statement !== undefined && canContinue(newest.statement)) {
      this.#continue(newest.statement, name.key)
      return
    }
    const statement = this.#begin(
      'execute',
      {
        kind: 'extended',
        text: joinTexts(candidates),
        isMissing: newest === undefined || newest.isMissing,
        parameters: newest?.parameters,
        parametersCut: newest?.parametersCut === true,
        statementName: newest?.statementName,
        portalName: name.text,
      },
      name.key,
    )
    if (newest === undefined) return
    this.#replace(newest.statement)
    newest.statement = statement
  }

  close(target: 'statement' | 'portal', nameKey: string): void {
    const entry = target === 'portal' ? this.#portals.newest(nameKey) : this.#prepared.newest(nameKey)
    this.#add('close', undefined, entry)
  }

  sync(): void {
    this.#add('sync', undefined, undefined)
    this.#group += 1
    this.#unattributedBytes = 0
  }

  #begin(kind: 'query' | 'function' | 'execute', description: StatementDescription, portalKey?: string): OpenStatement {
    const statement = this.#ledger.begin(description, this.#unattributedBytes)
    this.#unattributedBytes = 0
    if (kind === 'execute') statement.executesWaiting = 1
    this.#add(kind, statement, portalKey === undefined ? undefined : this.#portals.newest(portalKey))
    return statement
  }

  /** The next page of rows of the same statement. */
  #continue(statement: OpenStatement, portalKey: string): void {
    statement.clientBytes += this.#unattributedBytes
    this.#unattributedBytes = 0
    statement.executesWaiting += 1
    statement.outcome = undefined
    statement.endedAt = undefined
    this.#add('execute', statement, this.#portals.newest(portalKey))
  }

  #add(kind: Operation['kind'], statement: OpenStatement | undefined, entry: Operation['entry']): void {
    this.#pipeline.add({ kind, group: this.#group, statement, entry })
  }

  /** What is left in a portal that is no more will not be fetched. */
  #replace(statement: OpenStatement | undefined): void {
    if (statement === undefined) return
    statement.isReplaced = true
    if (statement.outcome === 'suspended' && statement.executesWaiting === 0) this.#ledger.finish(statement, 'suspended')
  }
}

/** Whether a further Execute fetches on, instead of running the portal anew. */
function canContinue(statement: OpenStatement): boolean {
  return !statement.isFinished && (statement.outcome === undefined || statement.outcome === 'suspended')
}

function costOf(portal: Portal): number {
  let cost = entryCostBytes + portal.text.sql.length
  for (const value of portal.parameters ?? [])
    cost += valueCostBytes + (value === null ? 0 : typeof value === 'string' ? value.length : value.base64.length)
  return cost
}

/** One text as a rule. Where the server has not said yet which it is, all of them, oldest first: none may hide another. */
function joinTexts({ payloads, isComplete }: Candidates<PreparedText>): SqlText {
  const [newest] = payloads
  if (newest === undefined) return noText
  if (payloads.length === 1 && isComplete) return newest.text
  const texts = payloads.map(({ text }) => text.sql).reverse()
  const sql = [...(isComplete ? [] : ['-- an earlier text under this name, no longer known']), ...texts].join(
    '\n-- or, if the server took the next text under the same name:\n',
  )
  const longTextIds = payloads.flatMap(({ text }) => text.longTextIds ?? [])
  return {
    sql,
    sqlLengthBytes: payloads.reduce((total, { text }) => total + text.sqlLengthBytes, 0),
    ...(longTextIds.length === 0 ? {} : { longTextIds }),
  }
}

/** Splits SQL into words, literals, quoted names, comments and symbols: as much of PostgreSQL's lexer as finding literals takes. */

export interface SqlToken {
  readonly kind: 'word' | 'literal' | 'quoted-name' | 'comment' | 'symbol'
  readonly start: number
  readonly end: number
  /** What stands between the quotes or comment marks; the whole token for words and symbols. */
  readonly bodyStart: number
  readonly bodyEnd: number
  /** Whether the body doubles its quotes and, in addition, escapes with backslashes. */
  readonly escaping: 'none' | 'doubled' | 'backslash'
}

export interface SqlDialect {
  /** Whether plain literals escape with backslashes, as in PostgreSQL before 9.1 and as Redshift reads some of them. */
  readonly backslash: boolean
}

const space = /\s+/y
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const number = /\d[\w.]*/y
const lineComment = /--[^\r\n]*/y
const literalStart = /(?:[ebnx]|u&)?'/iy
const dollarQuote = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y
const commentMark = /\/\*|\*\//g

/**
 * Tokens in order, white space left out, one at a time: a text of megabytes has millions.
 * Never throws: what is not closed runs to the end (PostgreSQL manual, section 4.1).
 */
export function* sqlTokens(sql: string, dialect: SqlDialect): Generator<SqlToken, void> {
  let position = 0
  while (position < sql.length) {
    position += lengthAt(space, sql, position)
    if (position >= sql.length) break
    const token = tokenAt(sql, position, dialect)
    yield token
    position = token.end
  }
}

function tokenAt(sql: string, start: number, dialect: SqlDialect): SqlToken {
  const opening = lengthAt(literalStart, sql, start)
  if (opening > 0) return literal(sql, start, opening, dialect)
  const name = lengthAt(word, sql, start)
  if (name > 0) return plain('word', start, name)
  if (sql[start] === '"') {
    const end = closingQuote(sql, start + 1, '"', false)
    return { kind: 'quoted-name', start, end: Math.min(end + 1, sql.length), bodyStart: start + 1, bodyEnd: end, escaping: 'doubled' }
  }
  const dollar = lengthAt(dollarQuote, sql, start)
  if (dollar > 0) return dollarLiteral(sql, start, dollar)
  const line = lengthAt(lineComment, sql, start)
  if (line > 0) return { ...plain('comment', start, line), bodyStart: start + 2 }
  if (sql.startsWith('/*', start)) return blockComment(sql, start)
  return plain('symbol', start, lengthAt(number, sql, start) || 1)
}

function lengthAt(pattern: RegExp, sql: string, position: number): number {
  pattern.lastIndex = position
  return pattern.exec(sql)?.[0].length ?? 0
}

function plain(kind: SqlToken['kind'], start: number, length: number): SqlToken {
  return { kind, start, end: start + length, bodyStart: start, bodyEnd: start + length, escaping: 'none' }
}

function literal(sql: string, start: number, opening: number, dialect: SqlDialect): SqlToken {
  const backslash = dialect.backslash || sql[start]?.toLowerCase() === 'e'
  const bodyStart = start + opening
  const bodyEnd = closingQuote(sql, bodyStart, "'", backslash)
  const escaping = backslash ? 'backslash' : 'doubled'
  return { kind: 'literal', start, end: Math.min(bodyEnd + 1, sql.length), bodyStart, bodyEnd, escaping }
}

/** Where the quote closes, or the end of the text. */
function closingQuote(sql: string, from: number, quote: string, backslash: boolean): number {
  for (let position = from; position < sql.length; position++) {
    const character = sql[position]
    if (backslash && character === '\\') position++
    else if (character === quote) {
      if (sql[position + 1] !== quote) return position
      position++
    }
  }
  return sql.length
}

function dollarLiteral(sql: string, start: number, opening: number): SqlToken {
  const bodyStart = start + opening
  const found = sql.indexOf(sql.slice(start, bodyStart), bodyStart)
  const bodyEnd = found === -1 ? sql.length : found
  return { kind: 'literal', start, end: Math.min(bodyEnd + opening, sql.length), bodyStart, bodyEnd, escaping: 'none' }
}

function blockComment(sql: string, start: number): SqlToken {
  let depth = 0
  commentMark.lastIndex = start
  for (let mark = commentMark.exec(sql); mark !== null; mark = commentMark.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return comment(start, mark.index, mark.index + 2)
  }
  return comment(start, sql.length, sql.length)
}

function comment(start: number, bodyEnd: number, end: number): SqlToken {
  return { kind: 'comment', start, end, bodyStart: start + 2, bodyEnd, escaping: 'none' }
}

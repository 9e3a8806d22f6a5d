/** Blanks the secrets that people put into SQL, and nothing else of it. */
import { sqlTokens, type SqlDialect, type SqlToken } from './sql-tokens.ts'

/** A half-open range of positions in a text. */
interface Range {
  readonly start: number
  readonly end: number
}

const placeholder = '<redacted>'
// How far behind a word its value may stand.
const lookAheadTokens = 32

// CREATE/ALTER USER ... PASSWORD; COPY/UNLOAD authorization parameters (Amazon Redshift guide, "Authorization parameters");
// connection strings of dblink, subscriptions and foreign servers, and AWS settings inside literals.
const secretWords = new Set([
  'password',
  'passwd',
  'credentials',
  'access_key_id',
  'secret_access_key',
  'session_token',
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
  'master_symmetric_key',
])
const mayHoldSecret = /passw|credentials|access_key|session_token|symmetric_key/i

const joints = new Set(['=', ':', '>', '(', 'as', 'to'])
const jointsMax = 4

// SQL inside literals inside literals: deeper than anyone writes it.
const depthMax = 4

const bareValue = /[^\s;,&'"}]+/y

/**
 * The statement with `<redacted>` in place of each secret: the literal after PASSWORD, CREDENTIALS, ACCESS_KEY_ID, SECRET_ACCESS_KEY,
 * SESSION_TOKEN and the like, in any quoting, also inside other literals, function bodies and comments.
 * Where servers disagree on what a backslash does, both readings are blanked. Never throws; doing it twice changes nothing.
 */
export function redactSql(sql: string): string {
  if (!mayHoldSecret.test(sql)) return sql
  const ranges = secretRanges(sql, { backslash: false }, 0)
  const others = sql.includes('\\') ? secretRanges(sql, { backslash: true }, 0) : []
  return blank(sql, [...ranges, ...others])
}

/**
 * A long statement in parts of at most so many UTF-16 units: together they are what `redactSql` makes of it,
 * since secrets are blanked before it is cut. No character is cut in two.
 */
export function redactedParts(sql: string, lengthMax: number): readonly string[] {
  const redacted = redactSql(sql)
  const parts: string[] = []
  for (let start = 0; start < redacted.length || parts.length === 0;) {
    const last = redacted.charCodeAt(start + lengthMax - 1)
    const end = start + lengthMax - (last >= 0xd800 && last < 0xdc00 ? 1 : 0)
    parts.push(copyOf(redacted.slice(start, end)))
    start = end
  }
  return parts
}

/** A text of its own: a slice would keep all of the long one in memory. */
function copyOf(slice: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(slice))
}

function secretRanges(sql: string, dialect: SqlDialect, depth: number): readonly Range[] {
  const ranges: Range[] = []
  const tokens = sqlTokens(sql, dialect)
  const following: SqlToken[] = []
  for (;;) {
    while (following.length <= lookAheadTokens) {
      const next = tokens.next()
      if (next.done === true) break
      following.push(next.value)
    }
    const token = following.shift()
    if (token === undefined) return ranges
    if (isSecretWord(sql, token)) ranges.push(...valuesAfter(sql, following, depth))
    if (token.kind === 'word' || token.kind === 'symbol') continue
    for (const range of rangesInside(sql, token, dialect, depth)) ranges.push(range)
  }
}

function isSecretWord(sql: string, token: SqlToken): boolean {
  if (token.kind !== 'word' && token.kind !== 'quoted-name') return false
  return secretWords.has(sql.slice(token.bodyStart, token.bodyEnd).toLowerCase())
}

/** The literals that stand after a secret word, adjacent ones being one literal to PostgreSQL; inside literals, bare values as well. */
function valuesAfter(sql: string, tokens: readonly SqlToken[], depth: number): readonly Range[] {
  const following = tokens.filter(({ kind }) => kind !== 'comment')
  const textOf = (token: SqlToken): string => sql.slice(token.start, token.end).toLowerCase()
  let first = 0
  while (first < jointsMax && first < following.length && isJoint(following[first], textOf)) first++
  const isValue = ({ kind }: SqlToken): boolean => kind === 'literal' || kind === 'quoted-name'
  const past = following.findIndex((token, at) => at >= first && !isValue(token))
  const values = following.slice(first, past === -1 ? following.length : past)
  if (values.length > 0) return values.map(({ bodyStart, bodyEnd }) => ({ start: bodyStart, end: bodyEnd }))
  const next = following[first]
  if (depth === 0 || first === 0 || next === undefined) return []
  bareValue.lastIndex = next.start
  const length = bareValue.exec(sql)?.[0].length ?? 0
  return length === 0 ? [] : [{ start: next.start, end: next.start + length }]
}

function isJoint(token: SqlToken | undefined, textOf: (token: SqlToken) => string): boolean {
  return token !== undefined && (token.kind === 'symbol' || token.kind === 'word') && joints.has(textOf(token))
}

/** Secrets in the SQL, connection string or JSON that a literal or comment holds, at their places in the outer text. */
function rangesInside(sql: string, token: SqlToken, dialect: SqlDialect, depth: number): readonly Range[] {
  const body = sql.slice(token.bodyStart, token.bodyEnd)
  if (!mayHoldSecret.test(body)) return []
  if (depth >= depthMax) return [{ start: token.bodyStart, end: token.bodyEnd }]
  const { text, places } = unescape(body, token)
  const placeOf = (position: number): number => token.bodyStart + (places?.[position] ?? position)
  return secretRanges(text, dialect, depth + 1).map(({ start, end }) => ({ start: placeOf(start), end: placeOf(end) }))
}

/** The value of a literal or name, and for each of its characters where it begins in the body (one more for the end). */
function unescape(body: string, token: SqlToken): { readonly text: string; readonly places?: Uint32Array } {
  if (token.escaping === 'none' || !/['"\\]/.test(body)) return { text: body }
  const quote = token.kind === 'quoted-name' ? '"' : "'"
  const places = new Uint32Array(body.length + 1)
  const pieces: string[] = []
  let length = 0
  let from = 0
  for (let position = 0; position < body.length; position++) {
    places[length++] = position
    const isDoubled = body[position] === quote && body[position + 1] === quote
    if (!isDoubled && !(token.escaping === 'backslash' && body[position] === '\\')) continue
    pieces.push(body.slice(from, position))
    position++
    from = position
  }
  pieces.push(body.slice(from))
  places[length] = body.length
  return { text: pieces.join(''), places }
}

function blank(sql: string, ranges: readonly Range[]): string {
  let result = ''
  let position = 0
  for (const { start, end } of [...ranges].sort((left, right) => left.start - right.start || left.end - right.end)) {
    if (end <= position && position > 0) continue
    // A range that begins inside the one before only makes it longer.
    if (start >= position) result += sql.slice(position, start) + placeholder
    position = Math.max(position, end)
  }
  return result + sql.slice(position)
}

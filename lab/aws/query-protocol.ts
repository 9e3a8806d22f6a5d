/** AWS's query protocol: form parameters in, XML out (Smithy 2.0 specification, "AWS Query protocol"). */
import { AwsError, invalidParameterValue, missingParameter } from './aws-error.ts'

/** A tree of XML elements; an absent value leaves its element out. */
export type XmlValue = string | number | boolean | XmlTree | readonly XmlTree[] | undefined
export interface XmlTree {
  readonly [element: string]: XmlValue
}

export interface IntegerBounds {
  readonly least: number
  readonly most: number
  readonly absent: number
  readonly refusal?: (message: string) => AwsError
}

/** The parameters of one request. */
export class QueryParameters {
  readonly #values: ReadonlyMap<string, string>

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values
  }

  /** The value, or undefined when it is missing or empty. */
  optional(name: string): string | undefined {
    const value = this.#values.get(name)
    return value === '' ? undefined : value
  }

  /** Throws MissingParameter. */
  required(name: string): string {
    const value = this.optional(name)
    if (value === undefined) throw missingParameter(name)
    return value
  }

  /** Throws InvalidParameterValue, or what `refusal` makes, when it is no whole number within the bounds. */
  integer(name: string, bounds: IntegerBounds): number {
    const text = this.optional(name)
    if (text === undefined) return bounds.absent
    const value = Number(text)
    if (!/^-?\d{1,10}$/.test(text) || value < bounds.least || value > bounds.most) {
      const refusal = bounds.refusal ?? invalidParameterValue
      throw refusal(`Invalid value for ${name}: ${text}. It must be between ${bounds.least} and ${bounds.most}.`)
    }
    return value
  }

  boolean(name: string): boolean {
    const text = this.optional(name)?.toLowerCase() ?? 'false'
    if (text !== 'true' && text !== 'false') throw invalidParameterValue(`Invalid value for ${name}: ${text}. It must be true or false.`)
    return text === 'true'
  }

  /** Whether any value was sent under a name such as `Tags.member.1.Key`. */
  anyStartingWith(prefix: string): boolean {
    return [...this.#values].some(([name, value]) => name.startsWith(prefix) && value !== '')
  }

  toObject(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#values)
  }
}

const parametersMax = 1000

/** Reads an `application/x-www-form-urlencoded` body; throws MalformedQueryString. */
export function parseQueryParameters(body: string): QueryParameters {
  const values = new Map<string, string>()
  const form = new URLSearchParams(body)
  if (form.size > parametersMax) throw malformed(`more than ${parametersMax} parameters`)
  for (const [name, value] of form) {
    if (values.has(name)) throw malformed(`the parameter ${name} occurs twice`)
    values.set(name, value)
  }
  return new QueryParameters(values)
}

function malformed(reason: string): AwsError {
  return new AwsError('MalformedQueryString', 400, `The query string is malformed: ${reason}.`)
}

export interface ResponseShape {
  readonly action: string
  readonly namespace: string
  readonly requestId: string
}

export function renderResult(result: XmlTree, shape: ResponseShape): string {
  const { action, namespace, requestId } = shape
  return renderDocument(`${action}Response`, namespace, {
    [`${action}Result`]: result,
    ResponseMetadata: { RequestId: requestId },
  })
}

export function renderError(error: AwsError, shape: Omit<ResponseShape, 'action'>): string {
  return renderDocument('ErrorResponse', shape.namespace, {
    Error: { Type: error.status >= 500 ? 'Receiver' : 'Sender', Code: error.code, Message: error.message },
    RequestId: shape.requestId,
  })
}

function renderDocument(root: string, namespace: string, content: XmlTree): string {
  return `<${root} xmlns="${namespace}">${renderTree(content)}</${root}>\n`
}

function renderTree(tree: XmlTree): string {
  return Object.entries(tree)
    .map(([name, value]) => renderElement(name, value))
    .join('')
}

function renderElement(name: string, value: XmlValue): string {
  if (value === undefined) return ''
  if (isList(value)) return `<${name}>${value.map(renderTree).join('')}</${name}>`
  return `<${name}>${typeof value === 'object' ? renderTree(value) : escapeXml(String(value))}</${name}>`
}

// Array.isArray does not narrow readonly arrays out of a union.
function isList(value: XmlValue): value is readonly XmlTree[] {
  return Array.isArray(value)
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }

function escapeXml(text: string): string {
  // Characters XML 1.0 forbids outright become the replacement character.
  return text
    .replaceAll(/[&<>"']/g, (symbol) => entities[symbol] ?? symbol)
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
}

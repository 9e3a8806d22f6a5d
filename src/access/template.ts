/** Templates in role entries: `{{internal.db_users}}`, `{{email.local(external.email)}}`, with text around them, filled from traits. */
import { PortunusError } from '#foundation'
import { quote, type Traits } from '#resources'
import { compileExpression, replaceMatches, type Expression } from './expression.ts'

export type Template =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'template'; readonly prefix: string; readonly suffix: string; readonly value: TemplateValue }

export type TemplateValue =
  | { readonly kind: 'trait'; readonly name: string }
  | { readonly kind: 'email-local'; readonly inner: TemplateValue }
  | { readonly kind: 'replace'; readonly inner: TemplateValue; readonly expression: Expression; readonly replacement: string }

/** The trait values a template takes, and whether each of its inputs gave one. */
export interface TemplateValues {
  readonly values: readonly string[]
  /** False where a trait is missing or empty, or where one of its values could not be used. */
  readonly complete: boolean
}

/** Traits that roles may name under `internal`; under `external`, any. */
const internalTraits: ReadonlySet<string> = new Set([
  'logins',
  'windows_logins',
  'kubernetes_groups',
  'kubernetes_users',
  'db_names',
  'db_users',
  'db_roles',
  'aws_role_arns',
  'azure_identities',
  'gcp_service_accounts',
  'jwt',
  'github_orgs',
])

const shapePattern = /^([^{}]*)\{\{(.*)\}\}([^{}]*)$/s
const traitPattern = /^(internal|external)(?:\.([\p{L}\p{N}_-]+)|\["((?:[^"\\]|\\.)*)"\])$/u
const nestingMax = 5

/** Reads an entry. Throws TEMPLATE_REFUSED (bad-input) where braces hold something that is no template. */
export function parseTemplate(entry: string): Template {
  const shape = shapePattern.exec(entry)
  if (shape !== null) {
    const [, prefix = '', inside = '', suffix = ''] = shape
    return { kind: 'template', prefix, suffix, value: parseValue(inside.trim(), { entry, depth: 0 }) }
  }
  if (entry.includes('{{') || entry.includes('}}')) throw refused(entry, 'more than one template, or braces without their pair')
  return { kind: 'text', text: entry }
}

/** The values a template has for somebody with these traits. */
export function templateValues(value: TemplateValue, traits: Traits): TemplateValues {
  switch (value.kind) {
    case 'trait':
      return traitValues(traits, value.name)
    case 'email-local':
      return mapped(templateValues(value.inner, traits), localPart)
    case 'replace':
      return filtered(templateValues(value.inner, traits), (text) =>
        replaceMatches(value.expression, { text, replacement: value.replacement }),
      )
  }
  value satisfies never
}

/** The trait a template draws on, for messages. */
export function traitOf(value: TemplateValue): string {
  return value.kind === 'trait' ? value.name : traitOf(value.inner)
}

interface Context {
  readonly entry: string
  readonly depth: number
}

function parseValue(text: string, context: Context): TemplateValue {
  if (context.depth > nestingMax) throw refused(context.entry, 'functions too deep inside each other')
  const trait = traitPattern.exec(text)
  if (trait !== null) {
    const name = trait[2] ?? unescaped(trait[3] ?? '')
    if (trait[1] === 'internal' && !internalTraits.has(name)) throw refused(context.entry, `no internal trait ${quote(name)}`)
    return { kind: 'trait', name }
  }
  const call = /^(email\.local|regexp\.replace)\s*\((.*)\)$/s.exec(text)
  if (call === null) throw refused(context.entry, 'neither a trait nor a function we know')
  const inside = (call[2] ?? '').trim()
  if (call[1] === 'email.local') return { kind: 'email-local', inner: parseValue(inside, { ...context, depth: context.depth + 1 }) }
  return parseReplace(inside, context)
}

function parseReplace(inside: string, context: Context): TemplateValue {
  // The two texts are read from the end: a comma may stand in them, and in the value before them.
  const found = /^(.*?)\s*,\s*"((?:[^"\\]|\\.)*)"\s*,\s*"((?:[^"\\]|\\.)*)"$/s.exec(inside)
  const [, first = '', pattern = '', replacement = ''] = found ?? []
  if (found === null) throw refused(context.entry, 'regexp.replace takes a trait and two texts in quotes')
  return {
    kind: 'replace',
    inner: parseValue(first, { ...context, depth: context.depth + 1 }),
    expression: compileExpression(unescaped(pattern)),
    replacement: unescaped(replacement),
  }
}

/** Only quotes and backslashes are escaped; `\d` and `\.` mean what they mean in the expression. */
function unescaped(text: string): string {
  return text.replaceAll(/\\(["\\])/g, '$1')
}

function traitValues(traits: Traits, name: string): TemplateValues {
  const values = (Object.hasOwn(traits, name) ? (traits[name] ?? []) : []).filter((value) => value !== '')
  return { values, complete: values.length > 0 }
}

/** Every input must give a value for the result to be complete. */
function mapped({ values, complete }: TemplateValues, convert: (value: string) => string | undefined): TemplateValues {
  const results = values.map(convert).filter(isFilled)
  return { values: results, complete: complete && results.length === values.length }
}

/** Inputs without a match are left out on purpose; the result is complete as soon as one is left. */
function filtered({ values, complete }: TemplateValues, convert: (value: string) => string | undefined): TemplateValues {
  const matched = values.map(convert).filter((value) => value !== undefined)
  const results = matched.filter(isFilled)
  return { values: results, complete: complete && results.length > 0 && results.length === matched.length }
}

function isFilled(value: string | undefined): value is string {
  return value !== undefined && value !== ''
}

function localPart(address: string): string | undefined {
  return /^([^\s@<>"(),:;\\]+)@[^\s@<>"(),:;\\]+$/.exec(address.trim())?.[1]
}

function refused(entry: string, state: string): PortunusError {
  return new PortunusError('TEMPLATE_REFUSED', `Cannot use the template ${quote(entry)}: ${state}`, {
    category: 'bad-input',
    hint: 'write one template such as {{external.email}} or {{email.local(external.email)}}',
  })
}

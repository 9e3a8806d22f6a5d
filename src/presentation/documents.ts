/** Values as JSON and YAML: stable, two blanks of indentation, nothing in them that a terminal would obey. */
import { Document, isScalar, visit } from 'yaml'
import { escapeInQuotes, isSafe } from './safe-text.ts'

/** JSON without a line feed at its end. Secrets print as their placeholder, undefined as null. */
export function printJson(value: unknown, options: { readonly indent?: number } = {}): string {
  const text: string | undefined = JSON.stringify(
    value,
    (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner),
    options.indent ?? 2,
  )
  return escapeInQuotes(text ?? 'null')
}

/** YAML without a line feed at its end. Texts that some reader would take for a switch, a number or a time are quoted. */
export function printYaml(value: unknown): string {
  // YAML 1.1 readers, which most tools of this trade are, take `yes` and `2030-01-01` for other things than texts.
  const document = new Document(value ?? null, { aliasDuplicateObjects: false, schema: 'yaml-1.1' })
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === 'string' && !isSafeInYaml(node.value)) node.type = 'QUOTE_DOUBLE'
    },
  })
  return escapeInQuotes(document.toString({ lineWidth: 0 })).replace(/\n$/, '')
}

/** Several documents in one text, as `tctl get` prints them. */
export function printYamlDocuments(values: readonly unknown[]): string {
  return values.map(printYaml).join('\n---\n')
}

/** Line feeds may stay as they are: a certificate reads better as a block. */
function isSafeInYaml(text: string): boolean {
  return text.split('\n').every(isSafe)
}

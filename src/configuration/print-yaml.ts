/** Values to the YAML of generated files: every text in quotes, so that no value of a person turns into something else. */
import { stringify } from 'yaml'

/** What generated files hold; absent values and empty structures are left out. */
export type YamlValue = string | number | undefined | readonly YamlValue[] | { readonly [key: string]: YamlValue }

/** One top-level section. Keys are plain where YAML allows it. */
export function yamlSection(name: string, value: YamlValue): string {
  return stringify(
    { [name]: filled(value) ?? {} },
    { version: '1.2', defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0, indentSeq: false },
  )
}

/** Lines as comments, indented. */
export function yamlComment(text: string, indent = ''): string {
  return text
    .split('\n')
    .map((line) => `${indent}#${line === '' ? '' : ` ${line}`}\n`)
    .join('')
}

function filled(value: YamlValue): YamlValue {
  if (typeof value !== 'object') return value
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(filled)
  const entries = Object.entries(value).flatMap(([key, inner]) => {
    const kept = filled(inner)
    return kept === undefined ? [] : [[key, kept] as const]
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

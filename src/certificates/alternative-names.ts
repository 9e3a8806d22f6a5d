/** Reads the text Node makes of a certificate's subject alternative names, in which an entry may be quoted. */

export interface AlternativeName {
  /** As Node prints it: `DNS`, `URI`, `IP Address`, `email`, `DirName`, ... */
  readonly type: string
  readonly value: string
}

/**
 * The entries of `X509Certificate.subjectAltName`, or undefined when the text is not in Node's form.
 * Node prints `type:value, type:value` and writes a value that holds a quote, backslash, comma, apostrophe or control character
 * as a JSON string, so that no value can pretend to be two (Node manual, crypto, "x509.subjectAltName"; CVE-2021-44532).
 */
export function parseAlternativeNames(printed: string): readonly AlternativeName[] | undefined {
  const names: AlternativeName[] = []
  let rest = printed
  while (rest !== '') {
    const entry = takeEntry(rest)
    if (entry === undefined) return undefined
    names.push(entry.name)
    if (entry.rest === '') break
    if (!entry.rest.startsWith(', ') || entry.rest.length === 2) return undefined
    rest = entry.rest.slice(2)
  }
  return names
}

function takeEntry(text: string): { readonly name: AlternativeName; readonly rest: string } | undefined {
  const [head, type] = /^([A-Za-z0-9 ]+):/.exec(text) ?? []
  if (head === undefined || type === undefined) return undefined
  const tail = text.slice(head.length)
  if (!tail.startsWith('"')) {
    const [value = ''] = /^[^,"'\\]*/.exec(tail) ?? []
    return { name: { type, value }, rest: tail.slice(value.length) }
  }
  const [quoted] = /^"(?:[^"\\]|\\.)*"/s.exec(tail) ?? []
  const value = quoted === undefined ? undefined : parseQuoted(quoted)
  return quoted === undefined || value === undefined ? undefined : { name: { type, value }, rest: tail.slice(quoted.length) }
}

function parseQuoted(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}

/** The XML of AWS's query protocol: elements and text, no more (Smithy 2.0 specification, "AWS Query protocol"). */

export interface XmlElement {
  readonly name: string
  readonly children: readonly XmlElement[]
  readonly text: string
}

interface OpenElement {
  readonly name: string
  readonly children: XmlElement[]
  text: string
}

const tokenPattern = /<\?[^>]*\?>|<!--[^]*?-->|<(\/?)([\w:.-]+)[^>]*?(\/?)>|([^<]+)/g

/** The root element, or undefined when the text is no such document. */
export function parseXml(text: string): XmlElement | undefined {
  const top: OpenElement = { name: '', children: [], text: '' }
  const open: OpenElement[] = [top]
  for (const [, closing, name, selfClosing, characters] of text.matchAll(tokenPattern)) {
    const current = open.at(-1)
    if (current === undefined) return undefined
    if (characters !== undefined) current.text += decoded(characters)
    if (name === undefined) continue
    if (closing === '/') {
      if (current.name !== name || open.length === 1) return undefined
      open.pop()
      open.at(-1)?.children.push(current)
    } else if (selfClosing === '/') current.children.push({ name, children: [], text: '' })
    else open.push({ name, children: [], text: '' })
  }
  return open.length === 1 && top.children.length === 1 ? top.children[0] : undefined
}

/** The element below the names, one step each; undefined where there is none. */
export function elementAt(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((found, name) => found?.children.find((child) => child.name === name), element)
}

export function textAt(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  return elementAt(element, ...path)?.text
}

/** The entries of a list, `member` by `member`. */
export function membersAt(element: XmlElement | undefined, ...path: readonly string[]): readonly XmlElement[] {
  return elementAt(element, ...path)?.children.filter(({ name }) => name === 'member') ?? []
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decoded(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi, (whole, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name !== undefined) return entities[name] ?? whole
    const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number(decimal)
    return code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole
  })
}

/** `~/.pg_service.conf` as text: our sections come and go, everything else in the file stays as it is. */

export function servicePath(homeDirectory: string): string {
  return `${homeDirectory}/.pg_service.conf`
}

/** The name of a database's section. */
export function serviceName(cluster: string, database: string): string {
  return `${cluster}-${database}`
}

/** The text with the section put in place of an older one of its name, or at the end. psql wants no spaces around `=`. */
export function withService(text: string, name: string, entries: Readonly<Record<string, string>>): string {
  const rest = withoutService(text, name)
  const body = Object.entries(entries).map(([key, value]) => `${key}=${value}\n`)
  const gap = rest === '' || rest.endsWith('\n\n') ? '' : rest.endsWith('\n') ? '\n' : '\n\n'
  return `${rest}${gap}[${name}]\n${body.join('')}`
}

/** The text without the section. */
export function withoutService(text: string, name: string): string {
  const kept: string[] = []
  let isOurs = false
  for (const line of text.split(/(?<=\n)/)) {
    const header = /^\s*\[(.*)\]\s*$/.exec(line)
    if (header !== null) isOurs = header[1] === name
    if (!isOurs) kept.push(line)
  }
  return kept.join('').replace(/\n{3,}$/, '\n\n')
}

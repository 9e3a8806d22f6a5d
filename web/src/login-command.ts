/** The command that logs a person in, as it can be pasted into a shell. */

/** `tsh login --proxy=<host> --user=<user>`, with the pin where the proxy's certificate is self-made; quoted only where a shell needs it. */
export function loginCommand(host: string, user: string, caPin?: string): string {
  const pin = caPin === undefined ? '' : ` --ca-pin=${quoted(caPin)}`
  return `tsh login --proxy=${quoted(host)} --user=${quoted(user)}${pin}`
}

function quoted(text: string): string {
  return /^[\w.@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** The command that logs a person in, as it can be pasted into a shell. */

/** `tsh login --proxy=<host> --user=<user>`, quoted only where a shell needs it. */
export function loginCommand(host: string, user: string): string {
  return `tsh login --proxy=${quoted(host)} --user=${quoted(user)}`
}

function quoted(text: string): string {
  return /^[\w.@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** Words as a person can paste them into a shell. */

const plain = /^[A-Za-z0-9_@%+=:,./-]+$/

/** One word, quoted where a shell would read it otherwise. */
export function shellWord(text: string): string {
  return plain.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** `--flag=value`, with placeholders left readable. */
export function shellFlag(flag: string, value: string): string {
  return `${flag}=${value.startsWith('<') ? value : shellWord(value)}`
}

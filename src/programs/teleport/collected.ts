/** A flag that may be repeated: its values in the order they were typed. */
export function collected(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value]
}

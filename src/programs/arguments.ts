/** Command lines as they were meant: what a copy of a guide's broken lines does to arguments is undone. */

/**
 * A guide breaks `tctl users add \` over several lines. Copied as one line the shell reads each backslash and blank as a blank
 * in front of the next word, so ` --roles=access` arrives. Blanks in front of a flag are taken off; where there were any, blanks
 * around the other words are leftovers of the same copy and go too. Other command lines are left alone.
 */
export function normalizeArguments(args: readonly string[]): readonly string[] {
  const isCopied = args.some((argument) => /^\s+-/.test(argument))
  if (!isCopied) return args
  return args.map((argument) => argument.replace(/^\s+/, '')).filter((argument, index) => argument !== '' || args[index] === '')
}

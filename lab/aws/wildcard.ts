/** Wildcards of IAM policies: `*` is any run of characters, `?` is one. */

/** Whether the text matches, in time bounded by both lengths (no regular expression, so no pattern is slow). IAM JSON policy reference, "Resource". */
export function matchesWildcard(pattern: string, text: string): boolean {
  let patternIndex = 0
  let textIndex = 0
  let starIndex = -1
  let resumeIndex = 0
  while (textIndex < text.length) {
    const symbol = pattern[patternIndex]
    if (symbol === '*') {
      starIndex = patternIndex++
      resumeIndex = textIndex
    } else if (symbol === '?' || symbol === text[textIndex]) {
      patternIndex++
      textIndex++
    } else if (starIndex >= 0) {
      patternIndex = starIndex + 1
      textIndex = ++resumeIndex
    } else {
      return false
    }
  }
  while (pattern[patternIndex] === '*') patternIndex++
  return patternIndex === pattern.length
}

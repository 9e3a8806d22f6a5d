/** What stands in the cells of lists of databases: labels, and the database users somebody has. */

const internalLabel = /^teleport\.(?:dev|internal|hidden)\//

/** `env=prod,team=x`, sorted by key; labels the product sets for itself only with `internal`. */
export function labelsCell(labels: Readonly<Record<string, string>>, options: { readonly internal?: boolean } = {}): string {
  return Object.entries(labels)
    .filter(([key]) => options.internal === true || !internalLabel.test(key))
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

/** `[a b]`, `[*], except: [bob]`, `(none)`; `(unknown)` where nothing is known. */
export function allowedUsersCell(users: { readonly allowed: readonly string[]; readonly denied: readonly string[] } | undefined): string {
  if (users === undefined) return '(unknown)'
  if (users.allowed.length === 0) return '(none)'
  const allowed = `[${users.allowed.join(' ')}]`
  return users.denied.length === 0 ? allowed : `${allowed}, except: [${users.denied.join(' ')}]`
}

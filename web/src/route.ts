/** Which page an address shows. */

export type Route = { readonly kind: 'landing' } | { readonly kind: 'invite'; readonly token: string } | { readonly kind: 'not-found' }

/** The page of a path; `/web/invite/<token>` and `/web/reset/<token>` are one page, the token knows what it is for. */
export function routeOf(path: string): Route {
  if (/^\/web\/?$/.test(path)) return { kind: 'landing' }
  const token = /^\/web\/(?:invite|reset)\/([\w-]+)\/?$/.exec(path)?.[1]
  return token === undefined ? { kind: 'not-found' } : { kind: 'invite', token }
}

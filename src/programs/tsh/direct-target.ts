/** The settings of a client that goes to the proxy's port itself, with the certificate files of the profile directory. */
import { authoritiesPath, databasePaths, type DirectTarget, type Login } from '#client'
import type { DatabaseRoute } from '#client'
import { profileDirectory, type TshContext } from './context.ts'

export function directTarget(context: TshContext, login: Login, route: DatabaseRoute): DirectTarget {
  const { path } = profileDirectory(context)
  const { profile } = login
  const files = databasePaths(path, profile, route.service)
  return {
    host: profile.address.host,
    port: profile.address.port,
    databaseUser: route.user,
    databaseName: route.name,
    authorities: profile.webTrust === 'public' ? 'system' : authoritiesPath(path, profile.proxyHost, profile.cluster),
    certificate: files.certificate,
    key: files.key,
  }
}

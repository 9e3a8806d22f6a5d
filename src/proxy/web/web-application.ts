/** The proxy's web application: the JSON API for people without a certificate yet, and the pages. It knows no socket. */
import { Hono } from 'hono'
import { PortunusError, messageOf } from '#foundation'
import { registerApi } from './api-routes.ts'
import { errorResponse } from './error-response.ts'
import { registerInstallation } from './install-routes.ts'
import { registerPages } from './page-routes.ts'
import { securityHeaders } from './security-headers.ts'
import type { WebApplication, WebApplicationOptions } from './web-environment.ts'

export type { InstallPackages, WebApplication, WebApplicationOptions, WebAssets, WebAuthority, WebEnvironment } from './web-environment.ts'

/**
 * The application; its `fetch(request, { remoteAddress })` never throws. API failures are
 * `{ error: { code, category, message, hint } }` with the status of their category.
 */
export function createWebApplication(options: WebApplicationOptions): WebApplication {
  const app: WebApplication = new Hono()
  app.use(securityHeaders)
  registerInstallation(app, options)
  registerApi(app, options)
  registerPages(app, options.assets)
  app.onError((error, context) => {
    // A client that went away in the middle of its request is no failure of ours.
    const isOurs = !(error instanceof PortunusError) && !context.req.raw.signal.aborted
    if (isOurs) options.log.error('web request failed', { path: context.req.routePath, error: messageOf(error), stack: error.stack })
    return errorResponse(error)
  })
  return app
}

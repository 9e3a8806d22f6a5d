/** What a new host asks a proxy for: which version to install, the script that installs it, and the package itself. */
import type { Context } from 'hono'
import { PortunusError } from '#foundation'
import { errorResponse, unknownPath } from './error-response.ts'
import { installScript, packageName } from './install-script.ts'
import type { InstallPackages, WebApplication, WebApplicationOptions, WebEnvironment } from './web-environment.ts'

type WebContext = Context<{ Bindings: WebEnvironment }>

const channelPath = /^\/v1\/webapi\/automaticupgrades\/channel\/([\w.-]+(?:\/[\w.-]+){0,3})\/(version|critical)$/

/** Every channel leads to the version this proxy runs: agents and proxies of a cluster belong together. */
export function registerInstallation(app: WebApplication, options: WebApplicationOptions): void {
  app.get('/v1/webapi/automaticupgrades/channel/*', (context) => answerChannel(context, options.version))
  app.get('/static/install.sh', () => text(installScript(options), 'text/x-shellscript; charset=utf-8'))
  app.get('/static/:name', async (context) => await answerPackage(context, options))
}

function answerChannel(context: WebContext, version: string): Response {
  const question = channelPath.exec(context.req.path)?.[2]
  switch (question) {
    case 'version':
      return text(`v${version}`)
    case 'critical':
      return text('no')
    default:
      return errorResponse(
        new PortunusError('UPGRADE_CHANNEL_MALFORMED', `Cannot answer "${context.req.path}": it names no channel`, {
          category: 'bad-input',
          hint: 'ask for /v1/webapi/automaticupgrades/channel/default/version',
        }),
      )
  }
}

async function answerPackage(context: WebContext, { version, packages }: WebApplicationOptions): Promise<Response> {
  const name = context.req.param('name') ?? ''
  const wanted = packages === undefined ? undefined : packageName(version, packages.platform)
  if (packages === undefined || (name !== wanted && name !== `${wanted}.sha256`)) {
    return errorResponse(unknownPath('GET', context.req.path))
  }
  return await packageResponse(packages, { name, isChecksum: name !== wanted })
}

async function packageResponse(
  packages: InstallPackages,
  asked: { readonly name: string; readonly isChecksum: boolean },
): Promise<Response> {
  const { sha256, sizeBytes, open } = await packages.package()
  if (asked.isChecksum) return text(`${sha256}  ${asked.name.replace(/\.sha256$/, '')}\n`)
  return new Response(open(), { headers: { 'content-type': 'application/gzip', 'content-length': String(sizeBytes) } })
}

function text(body: string, contentType = 'text/plain; charset=utf-8'): Response {
  return new Response(body, { headers: { 'content-type': contentType } })
}

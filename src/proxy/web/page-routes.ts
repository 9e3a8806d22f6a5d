/** The pages: one document for every address under /web, the files it loads, and the way from / to it. */
import { errorResponse, unknownPath } from './error-response.ts'
import type { WebApplication, WebAssets } from './web-environment.ts'

const documentPath = 'index.html'
const documentAddresses = ['/web', '/web/', '/web/invite/:token', '/web/reset/:token']
// The names of these files carry a hash of their content.
const cachedForEver = 'public, max-age=31536000, immutable'
// Nothing that could climb out of the folder.
const assetName = /^\w[\w.-]*$/

export function registerPages(app: WebApplication, assets: WebAssets): void {
  app.get('/', () => new Response(null, { status: 302, headers: { location: '/web' } }))
  for (const address of documentAddresses) app.get(address, () => documentResponse(assets, 200))
  app.get('/web/assets/:name', (context) => {
    const name = context.req.param('name')
    const file = assetName.test(name) ? assets.read(`assets/${name}`) : undefined
    if (file === undefined) return errorResponse(unknownPath('GET', context.req.path))
    return new Response(file.bytes, { headers: { 'content-type': file.contentType, 'cache-control': cachedForEver } })
  })
  app.notFound((context) => {
    const isReadByPerson = context.req.method === 'GET' && (context.req.header('accept') ?? '').includes('text/html')
    return isReadByPerson ? documentResponse(assets, 404) : errorResponse(unknownPath(context.req.method, context.req.path))
  })
}

function documentResponse(assets: WebAssets, status: 200 | 404): Response {
  const file = assets.read(documentPath)
  // A proxy that runs from source before the web UI was built.
  if (file === undefined) return new Response('The web UI has not been built.\nRun npm run build.\n', { status: 503 })
  return new Response(file.bytes, { status, headers: { 'content-type': file.contentType } })
}

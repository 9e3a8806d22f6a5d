/** The built web UI, read once at start; a file that was not there then is never served. */
import { extname, join } from 'node:path'
import type { Files } from '#foundation'

type Asset = { readonly bytes: Uint8Array<ArrayBuffer>; readonly contentType: string }

export interface WebAssets {
  read(path: string): Asset | undefined
}

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
}

/** Reads everything below the directory; none where the web UI has not been built. */
export async function readWebAssets(directory: string, files: Files): Promise<WebAssets> {
  const assets = new Map<string, Asset>()
  const walk = async (relative: string): Promise<void> => {
    for (const name of await files.list(join(directory, relative))) {
      const path = relative === '' ? name : `${relative}/${name}`
      const information = await files.information(join(directory, path))
      if (information?.kind === 'directory') await walk(path)
      if (information?.kind !== 'file') continue
      const bytes = new Uint8Array(await files.readBytes(join(directory, path)))
      assets.set(path, { bytes, contentType: contentTypes[extname(path)] ?? 'application/octet-stream' })
    }
  }
  await walk('')
  return { read: (path) => assets.get(path) }
}

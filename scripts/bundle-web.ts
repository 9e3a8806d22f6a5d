/** Builds the web UI with Vite into dist/web. */
import { join } from 'node:path'
import { build } from 'vite'
import { root } from './bundle-programs.ts'

/** The files written, relative to dist/web. */
export async function bundleWeb(): Promise<readonly string[]> {
  const result = await build({ root: join(root, 'web'), configFile: join(root, 'web', 'vite.config.ts'), logLevel: 'warn' })
  const outputs = Array.isArray(result) ? result : 'output' in result ? [result] : []
  return outputs.flatMap((each) => each.output.map((file) => file.fileName))
}

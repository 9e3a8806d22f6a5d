/** The licences of the packages whose code ends up in our bundles, as one text that is shipped with them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const packageFolder = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/

/** One section for each package among the bundled files, sorted by name. */
export function thirdPartyNotices(root: string, bundledFiles: readonly string[]): string {
  const folders = new Set(bundledFiles.flatMap((file) => packageFolder.exec(file)?.[0] ?? []))
  const sections = [...folders].map((folder) => section(join(root, folder))).toSorted()
  return ['Portunus contains code of the following packages.', ...new Set(sections)].join(`\n\n${'-'.repeat(78)}\n`) + '\n'
}

function section(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string; version?: string; license?: string }
  const files = readdirSync(folder).filter((name) => /^(licen[cs]e|notice)/i.test(name))
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim())
  return [`${manifest.name} ${manifest.version} (${manifest.license})`, ...texts].join('\n\n')
}

/**
 * Bundles the three programs with esbuild into dist/: what each loads at start stays small, what a command needs later
 * (the AWS SDK, the X.509 library) stays in chunks of its own, and the licences of what was bundled lie beside it.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'
import { thirdPartyNotices } from './third-party-notices.ts'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')
export const programNames = ['teleport', 'tctl', 'tsh'] as const

export interface BuiltProgram {
  readonly name: string
  /** Bytes of JavaScript that are read before the program knows its command. */
  readonly startupBytes: number
  /** The npm packages among them. */
  readonly startupPackages: readonly string[]
}

export interface BundleResult {
  readonly built: readonly BuiltProgram[]
  readonly missing: readonly string[]
}

/** Bundles every program that has an entry; `write: false` only measures. Throws esbuild's error when a source is broken. */
export async function bundlePrograms(options: { readonly write?: boolean } = {}): Promise<BundleResult> {
  const write = options.write ?? true
  const entryOf = (name: string): string => `src/programs/${name}/entry.ts`
  const names = programNames.filter((name) => existsSync(join(root, entryOf(name))))
  const missing = programNames.filter((name) => !names.includes(name))
  if (write) rmSync(join(root, 'dist', 'chunks'), { recursive: true, force: true })
  if (names.length === 0) return { built: [], missing }

  const metafile = await bundle(Object.fromEntries(names.map((name) => [`${name}-main`, entryOf(name)])), write)
  if (write) {
    mkdirSync(join(root, 'dist'), { recursive: true })
    for (const name of names) writeFileSync(join(root, 'dist', `${name}.js`), startStub(name))
    writeFileSync(join(root, 'dist', 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(root, Object.keys(metafile.inputs)))
  }
  return { built: names.map((name) => measure(name, metafile)), missing }
}

async function bundle(entryPoints: Readonly<Record<string, string>>, write: boolean): Promise<Metafile> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: { ...entryPoints },
    outdir: 'dist',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    metafile: true,
    write,
    legalComments: 'none',
    logLevel: 'warning',
    // The ESM builds of packages, where they have one: a CommonJS package that is loaded lazily shows no names.
    mainFields: ['module', 'main'],
    // CommonJS packages inside an ESM bundle still call require for Node's own modules.
    banner: {
      js: `import { createRequire as portunusCreateRequire } from 'node:module';const require = portunusCreateRequire(import.meta.url);`,
    },
    define: { PORTUNUS_VERSION: JSON.stringify(manifestVersion()) },
  })
  refuseLazyCommonJs(result.metafile)
  return result.metafile
}

/** Loaded for what they do, not for their names. */
const lazyForEffect = /node_modules\/reflect-metadata\//

function refuseLazyCommonJs(metafile: Metafile): void {
  for (const [path, input] of Object.entries(metafile.inputs)) {
    if (!path.startsWith('src/')) continue
    const nameless = input.imports.find(
      (each) => each.kind === 'dynamic-import' && metafile.inputs[each.path]?.format === 'cjs' && !lazyForEffect.test(each.path),
    )
    if (nameless === undefined) continue
    throw new Error(
      `"${path}" loads "${nameless.path}" lazily, which is CommonJS: once bundled it has no names (import it statically in a file that is itself loaded lazily)`,
    )
  }
}

/** The version in package.json. */
export function manifestVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest))
    throw new Error('Cannot read the version: package.json has none')
  return String(manifest.version)
}

/** The first file of a program, plain enough for a Node.js of ten years ago, which must be told what is wrong. */
export function startStub(name: string): string {
  return `// Written by the build. Any Node.js can read this file; the program behind it needs version 24.
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error('ERROR: Cannot start ${name}: it needs Node.js 24 or newer, and this is ' + process.version)
  console.error('HINT: install Node.js 24, or reinstall the package with its optional dependencies, which bring one')
  process.exit(1)
}
import('./${name}-main.js')
`
}

function measure(name: string, metafile: Metafile): BuiltProgram {
  const seen = new Set<string>()
  const packages = new Set<string>()
  let startupBytes = 0
  const visit = (path: string): void => {
    const output = metafile.outputs[path]
    if (seen.has(path) || output === undefined) return
    seen.add(path)
    startupBytes += output.bytes
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(input)
      if (match?.[1] !== undefined && bytesInOutput > 0) packages.add(match[1])
    }
    for (const imported of output.imports) if (imported.kind === 'import-statement') visit(imported.path)
  }
  visit(`dist/${name}-main.js`)
  return { name, startupBytes, startupPackages: [...packages].toSorted() }
}

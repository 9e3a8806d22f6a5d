/**
 * Bundles the three programs with esbuild into dist/: what each loads at start stays small, what a command needs later
 * (the AWS SDK, the X.509 library) stays in chunks of its own, and the licences of what was bundled lie beside it.
 */
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile, type Plugin } from 'esbuild'
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

/** Bundles the programs; `write: false` only measures. Throws esbuild's error when a source is broken. */
export async function bundlePrograms(options: { readonly write?: boolean } = {}): Promise<readonly BuiltProgram[]> {
  const write = options.write ?? true
  const bundles = await Promise.all(programNames.map(async (name) => ({ name, metafile: await bundle(name, write) })))
  if (write) {
    const metafiles = bundles.map(({ metafile }) => metafile)
    removeOldChunks(metafiles.flatMap(({ outputs }) => Object.keys(outputs)))
    for (const name of programNames) writeFileSync(join(root, 'dist', `${name}.js`), startStub(name))
    const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs))
    writeFileSync(join(root, 'dist', 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices(root, inputs))
  }
  return bundles.map(({ name, metafile }) => measure(name, metafile))
}

/** Only what is no longer written: a program that runs meanwhile may still load the rest. */
function removeOldChunks(written: readonly string[]): void {
  const folder = join(root, 'dist', 'chunks')
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) if (!written.includes(`dist/chunks/${name}`)) rmSync(join(folder, name), { force: true })
}

// One bundle a program: chunks that programs shared would make each load what only another needs.
async function bundle(name: string, write: boolean): Promise<Metafile> {
  const result = await build({
    absWorkingDir: root,
    entryPoints: { [`${name}-main`]: `src/programs/${name}/entry.ts` },
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
    plugins: [builtinsByRequire, unusedServerIsLeftOut],
    define: { PORTUNUS_VERSION: JSON.stringify(manifestVersion()) },
  })
  refuseLazyCommonJs(result.metafile)
  return result.metafile
}

/**
 * An ESM import of a Node module reads every property of it at once, and some are dear: `node:http` then loads the whole
 * of fetch. What `require` returns is read when it is used.
 */
const builtinsByRequire: Plugin = {
  name: 'builtins by require',
  setup(hooks) {
    hooks.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin', sideEffects: false } : undefined,
    )
    hooks.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({ contents: `module.exports = require('${path}')` }))
  },
}

/** It derives from the classes of fetch when it is loaded, which loads all of fetch; tsh opens no server. */
const unusedServerIsLeftOut: Plugin = {
  name: 'unused server is left out',
  setup(hooks) {
    hooks.onResolve({ filter: /^@hono\/node-server$/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === 'resolving') return undefined
      return { ...(await hooks.resolve(path, { kind, resolveDir, pluginData: 'resolving' })), sideEffects: false }
    })
  },
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

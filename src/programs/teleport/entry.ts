/** Where the daemon's program meets the machine: the process's arguments in, its exit code out. */
import { fileURLToPath } from 'node:url'
import {
  exitWhenWritten,
  makePrivateFilesOnly,
  nodeFiles,
  nodeTerminal,
  onReload,
  onUncaught,
  openLog,
  terminationSignal,
  thisMachine,
  version,
} from '#world'
import { runTeleport } from './main.ts'

// Bundled, this is dist/teleport-main.js, with the web UI beside it; in a checkout it is this file.
const isBundled = !import.meta.url.endsWith('.ts')
const packageUrl = new URL(isBundled ? '../' : '../../../', import.meta.url)

makePrivateFilesOnly()
const exitCode = await runTeleport(process.argv.slice(2), {
  version,
  machine: thisMachine(),
  terminal: nodeTerminal(),
  files: nodeFiles,
  openLog,
  terminationSignal,
  onReload,
  onUncaught,
  programPath: fileURLToPath(new URL('bin/teleport', packageUrl)),
  packageDirectory: fileURLToPath(packageUrl),
})
await exitWhenWritten(exitCode)

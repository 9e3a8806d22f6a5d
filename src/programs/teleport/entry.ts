/** Where the daemon's program meets the machine: the process's arguments in, its exit code out. */
import { fileURLToPath } from 'node:url'
import { exitNow, nodeFiles, nodeTerminal, openLog, terminationSignal, thisMachine, version } from '#world'
import { runTeleport } from './main.ts'

declare const PORTUNUS_WEB_DIRECTORY: string | undefined

// Bundled, this file is dist/teleport-main.js and the web UI lies beside it; in a checkout it lies in dist/web.
const webDirectory = typeof PORTUNUS_WEB_DIRECTORY === 'string' ? PORTUNUS_WEB_DIRECTORY : '../../../dist/web'

const exitCode = await runTeleport(process.argv.slice(2), {
  version,
  machine: thisMachine(),
  terminal: nodeTerminal(),
  files: nodeFiles,
  openLog,
  terminationSignal,
  webDirectory: fileURLToPath(new URL(webDirectory, import.meta.url)),
})
exitNow(exitCode)

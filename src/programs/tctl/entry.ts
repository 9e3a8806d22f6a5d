/** Where tctl meets the machine: the process's arguments in, its exit code out. */
import {
  exitWhenWritten,
  httpsJson,
  nodeClock,
  nodeFiles,
  nodeNetwork,
  nodeTerminal,
  nodeTls,
  openHttp2Client,
  openLog,
  presentedChain,
  readStandardInput,
  runChild,
  thisMachine,
  version,
} from '#world'
import { runTctl } from './main.ts'

const machine = thisMachine()
const exitCode = await runTctl(process.argv.slice(2), {
  version,
  terminal: nodeTerminal(),
  environment: machine.environment,
  homeDirectory: machine.homeDirectory,
  isRoot: machine.isRoot,
  workingDirectory: process.cwd(),
  readInput: readStandardInput,
  runChild,
  client: {
    clock: nodeClock,
    files: nodeFiles,
    network: nodeNetwork,
    tls: nodeTls,
    log: openLog({ level: 'error', format: 'text' }),
    openHttp2Client,
    httpsJson,
    presentedChain,
  },
})
await exitWhenWritten(exitCode)

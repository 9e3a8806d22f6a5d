/** Where tsh meets the machine: the process's arguments in, its exit code out. */
import {
  exitNow,
  httpsJson,
  nodeClock,
  nodeFiles,
  nodeNetwork,
  nodeTerminal,
  nodeTls,
  openHttp2Client,
  openLog,
  presentedChain,
  runChild,
  terminationSignal,
  thisMachine,
  version,
} from '#world'
import { runTsh } from './main.ts'

const machine = thisMachine()
const exitCode = await runTsh(process.argv.slice(2), {
  version,
  terminal: nodeTerminal(),
  environment: machine.environment,
  homeDirectory: machine.homeDirectory,
  userName: machine.userName,
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
  runChild,
  terminationSignal,
})
exitNow(exitCode)

/** Where tsh meets the machine: the process's arguments in, its exit code out. */
import {
  exitWhenWritten,
  httpsJson,
  nodeClock,
  nodeFiles,
  nodeNetwork,
  nodeRandomness,
  nodeTerminal,
  nodeTls,
  onUncaught,
  openHttp2Client,
  presentedChain,
  runChild,
  runChildIntoFile,
  startItselfInBackground,
  terminationSignal,
  thisMachine,
  version,
} from '#world'
import { tshLog } from './log.ts'
import { reportError, runTsh, wantsDebug } from './main.ts'

const args = process.argv.slice(2)
const machine = thisMachine()
const terminal = nodeTerminal()

onUncaught((error) => void failUnexpectedly(error))

const exitCode = await runTsh(args, {
  version,
  terminal,
  environment: machine.environment,
  homeDirectory: machine.homeDirectory,
  userName: machine.userName,
  randomness: nodeRandomness,
  client: {
    clock: nodeClock,
    files: nodeFiles,
    network: nodeNetwork,
    tls: nodeTls,
    log: tshLog(terminal, wantsDebug(args)),
    openHttp2Client,
    httpsJson,
    presentedChain,
  },
  runChild,
  runChildIntoFile,
  startItselfInBackground,
  processId: machine.processId,
  terminationSignal,
})
await exitWhenWritten(exitCode)

async function failUnexpectedly(error: unknown): Promise<void> {
  await reportError(terminal, error, wantsDebug(args))
  await exitWhenWritten(1)
}

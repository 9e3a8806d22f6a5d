/** `tsh proxy db --tunnel` as a running process, and the port it listens on. */
import assert from 'node:assert/strict'
import { programPath, startDaemon, type Daemon } from '../../lab/stage/program.ts'
import type { Stage } from '../../lab/stage/stage.ts'

export interface Tunnel extends AsyncDisposable {
  readonly port: number
  readonly daemon: Daemon
}

export async function openTunnel(
  stage: Stage,
  options: { readonly person: string; readonly databaseUser: string; readonly databaseName: string; readonly database: string },
): Promise<Tunnel> {
  const args = ['proxy', 'db', '--tunnel', `--db-user=${options.databaseUser}`, `--db-name=${options.databaseName}`, options.database]
  const daemon = startDaemon(programPath('tsh'), args, stage.environment(options.person))
  await daemon.says('Started')
  const port = Number(/(?:localhost|127\.0\.0\.1):(\d+)/.exec(daemon.output())?.[1])
  assert.ok(port > 0, daemon.output())
  return { port, daemon, [Symbol.asyncDispose]: () => daemon[Symbol.asyncDispose]() }
}

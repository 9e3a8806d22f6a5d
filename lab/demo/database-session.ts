/** Running SQL as a person: `tsh db connect` with the real psql, or the pg client through a tunnel where there is no psql. */
import { spawnSync } from 'node:child_process'
import pg from 'pg'
import { programPath, startDaemon, type Outcome } from '../stage/program.ts'
import { whenRunning } from '../stage/running-query.ts'
import type { Stage } from '../stage/stage.ts'
import { remark, showCommand, showOutput } from './narrator.ts'

export interface DatabaseLogin {
  readonly person: string
  readonly databaseUser: string
  readonly databaseName: string
  readonly database: string
}

export function hasPsql(): boolean {
  return spawnSync('psql', ['--version']).status === 0
}

/** With `cancels`, presses Ctrl-C as soon as the database runs the statement. */
export async function runSql(
  stage: Stage,
  login: DatabaseLogin,
  sql: string,
  options: { readonly cancels?: string } = {},
): Promise<Outcome> {
  return hasPsql() ? await runInPsql(stage, login, sql, options.cancels) : await runInClient(stage, login, sql, options.cancels)
}

async function runInPsql(stage: Stage, login: DatabaseLogin, sql: string, cancels: string | undefined): Promise<Outcome> {
  const args = ['db', 'connect', `--db-user=${login.databaseUser}`, `--db-name=${login.databaseName}`, login.database]
  showCommand(login.person, ['tsh', ...args])
  remark(`  ${sql}${cancels === undefined ? '' : '   -- then Ctrl-C'}`)
  const outcome = await stage.run('tsh', args, {
    person: login.person,
    input: `${sql}\n`,
    ...(cancels === undefined ? {} : { interruptWhen: () => whenRunning(stage.lab.superuserDsn, cancels) }),
  })
  showOutput(outcome)
  return outcome
}

async function runInClient(stage: Stage, login: DatabaseLogin, sql: string, cancels: string | undefined): Promise<Outcome> {
  const args = ['proxy', 'db', '--tunnel', `--db-user=${login.databaseUser}`, `--db-name=${login.databaseName}`, login.database]
  showCommand(login.person, ['tsh', ...args])
  await using tunnel = startDaemon(programPath('tsh'), args, stage.environment(login.person))
  const opened = await tunnel.says('Started').then(
    () => true,
    () => false,
  )
  if (!opened) {
    tunnel.kill('SIGTERM')
    const refused = { stdout: '', stderr: tunnel.output(), exitCode: await tunnel.ended }
    showOutput(refused)
    return refused
  }
  const port = Number(/(?:localhost|127\.0\.0\.1):(\d+)/.exec(tunnel.output())?.[1])
  const connection = { host: 'localhost', port, user: login.databaseUser, database: login.databaseName }
  const client = new pg.Client(connection)
  try {
    await client.connect()
    remark(`  ${sql}`)
    const running = client.query(sql)
    running.catch(() => {}) // a cancelled statement fails before it is awaited below
    if (cancels !== undefined) {
      await whenRunning(stage.lab.superuserDsn, cancels)
      await cancelThroughTunnel(client, connection)
    }
    const result = await running
    const outcome = { stdout: printResults(result), stderr: '', exitCode: 0 }
    showOutput(outcome)
    return outcome
  } catch (error) {
    const outcome = { stdout: '', stderr: printFailure(error), exitCode: 1 }
    showOutput(outcome)
    return outcome
  } finally {
    await client.end().catch(() => {})
  }
}

/** The rows of every statement: pg answers several statements with an array of results. */
function printResults(result: pg.QueryResult | readonly pg.QueryResult[]): string {
  const results = 'rows' in result ? [result] : result
  return results.map(({ rows }) => JSON.stringify(rows, undefined, 1)).join('\n')
}

/** As psql prints it. */
function printFailure(error: unknown): string {
  const hint = error instanceof pg.DatabaseError && error.hint !== undefined ? `\nHINT:  ${error.hint}` : ''
  return `ERROR:  ${error instanceof Error ? error.message : String(error)}${hint}`
}

/** The same CancelRequest that Ctrl-C in psql sends: a new connection with the key of the running one. */
async function cancelThroughTunnel(client: pg.Client, connection: { readonly host: string; readonly port: number }): Promise<void> {
  const net = await import('node:net')
  const { processID, secretKey } = parseKey(client)
  const request = Buffer.alloc(16)
  request.writeInt32BE(16, 0)
  request.writeInt32BE(80_877_102, 4)
  request.writeInt32BE(processID, 8)
  request.writeInt32BE(secretKey, 12)
  const socket = net.connect(connection.port, connection.host)
  await new Promise((resolve) => {
    socket.once('close', resolve)
    socket.on('error', resolve)
    socket.resume()
    socket.write(request)
  })
}

function parseKey(client: unknown): { readonly processID: number; readonly secretKey: number } {
  if (typeof client === 'object' && client !== null && 'processID' in client && 'secretKey' in client) {
    return { processID: Number(client.processID), secretKey: Number(client.secretKey) }
  }
  throw new Error('the client keeps no cancel key')
}

/** `tsh db exec`: the same SQL in several databases, each by a psql of its own through a local proxy of its own. */
import { PortunusError, messageOf } from '#foundation'
import { chooseFromList, fileName, openAuthority, type Login } from '#client'
import { table } from '#presentation'
import { nonEmpty, validLogin, type TshContext } from '../context.ts'
import { choosable, databaseColumns, databaseRow, type ListedDatabase } from '../database-text.ts'
import { executionSummary, parseExecution, succeeded, type Execution, type ExecutionResult } from '../execution.ts'
import { openPsql } from '../open-psql.ts'
import type { Flags } from '../program.ts'
import { passingTarget } from '../target.ts'

/** The exit code is 1 when the SQL failed, or could not be tried, in any of the databases. */
export async function execute(context: TshContext, flags: Flags): Promise<number> {
  const { terminal } = context.world
  const execution = parseExecution(flags)
  const login = await validLogin(context)
  const chosen = await chosenDatabases(context, login, execution)
  if (chosen.length === 0) throw noneFound()
  if (execution.databases.kind === 'found' && !(await isConfirmed(context, execution, chosen))) {
    terminal.tell('Nothing was run.')
    return 1
  }
  if (execution.outputDirectory !== undefined) await claimDirectory(context, execution.outputDirectory)
  const results = await runEverywhere(context, { execution, login, chosen, flags, stopped: context.world.terminationSignal() })
  if (execution.outputDirectory !== undefined) await writeSummary(context, execution.outputDirectory, results)
  const good = results.filter(succeeded).length
  terminal.answer(`Summary: ${good} of ${results.length} succeeded.`)
  return good === results.length ? 0 : 1
}

/** Every named one must be there before the first is touched: half of a list with a typing error in it is rarely what was meant. */
async function chosenDatabases(context: TshContext, login: Login, { databases: wanted }: Execution): Promise<readonly ListedDatabase[]> {
  await using connection = await openAuthority(context.world.client, login)
  const { databases } = await connection.authority.listDatabases({})
  if (wanted.kind === 'found') return wanted.filter.pick(databases)
  return [...new Set(wanted.names.map((name) => chooseFromList({ name, labels: {} }, databases.map(choosable), []).listed))]
}

async function isConfirmed(context: TshContext, { confirms }: Execution, chosen: readonly ListedDatabase[]): Promise<boolean> {
  const { terminal } = context.world
  const rows = chosen.map((listed) => databaseRow(listed, { verbose: false, active: undefined }))
  terminal.tell(`Found ${chosen.length === 1 ? '1 database' : `${chosen.length} databases`}:\n\n${table(databaseColumns(false), rows)}`)
  if (!confirms) return true
  return /^y(es)?$/i.test((await terminal.prompt('Run the SQL there? [y/N]')).trim())
}

/** The directory must be new, so that no output of an earlier run is taken for one of this. */
async function claimDirectory(context: TshContext, directory: string): Promise<void> {
  if ((await context.world.client.files.information(directory)) !== undefined) {
    throw new PortunusError('OUTPUT_DIRECTORY_EXISTS', `Cannot write to the directory "${directory}": it exists already`, {
      category: 'already-exists',
      hint: 'give --output-dir the name of a new directory',
    })
  }
  await writeSummary(context, directory, [])
}

async function writeSummary(context: TshContext, directory: string, results: readonly ExecutionResult[]): Promise<void> {
  const text = `${JSON.stringify(executionSummary(results), undefined, 2)}\n`
  await context.world.client.files.writeText(`${directory}/summary.json`, text, { mode: 0o600, directoryMode: 0o700 })
}

interface Run {
  readonly execution: Execution
  readonly login: Login
  readonly chosen: readonly ListedDatabase[]
  readonly flags: Flags
  readonly stopped: AbortSignal
}

/** As many at once as wanted; the results stand in the order of the databases. */
async function runEverywhere(context: TshContext, run: Run): Promise<readonly ExecutionResult[]> {
  const results: ExecutionResult[] = []
  const waiting = run.chosen.entries()
  const work = async (): Promise<void> => {
    for (const [index, listed] of waiting) results[index] = await attempt(context, run, listed)
  }
  await Promise.all(Array.from({ length: run.execution.parallel }, work))
  return results
}

/** A failure is one of this database only. */
async function attempt(context: TshContext, run: Run, listed: ListedDatabase): Promise<ExecutionResult> {
  const { name: database } = listed.database.metadata
  const { terminal } = context.world
  if (run.stopped.aborted) return { database, error: 'interrupted before it was run' }
  terminal.tell(`Running the SQL in "${database}".`)
  try {
    const result = await runIn(context, run, listed)
    if (!succeeded(result)) terminal.tell(`The SQL failed in "${database}": psql ended with exit code ${result.exitCode ?? 'unknown'}.`)
    return result
  } catch (error) {
    const hint = error instanceof PortunusError ? nonEmpty(error.hint) : undefined
    terminal.tell(`The SQL failed in "${database}": ${messageOf(error)}${hint === undefined ? '' : ` (${hint})`}`)
    return { database, error: messageOf(error) }
  }
}

async function runIn(context: TshContext, run: Run, listed: ListedDatabase): Promise<ExecutionResult> {
  const { runChild, runChildIntoFile } = context.world
  const { sql, outputDirectory } = run.execution
  const target = await passingTarget(context, run.login, listed, run.flags)
  const { service: database, user: databaseUser, name: databaseName } = target.route
  await using psql = await openPsql(context, target)
  // Its own settings of the person, and a pager, would make the outputs differ from machine to machine.
  const args = ['--no-psqlrc', '--pset=pager=off', '-c', sql, psql.uri]
  const { environment } = psql
  if (outputDirectory === undefined) {
    const { exitCode } = await psql.guard(runChild('psql', args, { environment }))
    return { database, databaseUser, databaseName, exitCode }
  }
  const outputFile = `${fileName(database)}.output`
  const options = { environment, outputPath: `${outputDirectory}/${outputFile}`, signal: run.stopped }
  const { exitCode } = await psql.guard(runChildIntoFile('psql', args, options))
  return { database, databaseUser, databaseName, exitCode, outputFile }
}

function noneFound(): PortunusError {
  return new PortunusError('EXECUTION_DATABASES_EMPTY', 'Cannot run the SQL: no database fits the search', {
    category: 'not-found',
    hint: "use 'tsh db ls' to see registered databases",
  })
}

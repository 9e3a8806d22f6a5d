/** What `tsh db exec` was asked to do, checked, and the account it gives of what became of it. */
import { PortunusError } from '#foundation'
import { nonEmpty } from './context.ts'
import { databaseFilter, type DatabaseFilter } from './database-filter.ts'
import { textOrUndefined, type Flags } from './program.ts'

export interface Execution {
  readonly sql: string
  /** By name, or whatever fits the search. */
  readonly databases:
    | { readonly kind: 'named'; readonly names: readonly string[] }
    | { readonly kind: 'found'; readonly filter: DatabaseFilter }
  readonly parallel: number
  readonly outputDirectory: string | undefined
  /** Whether to ask before databases that were searched for are touched. */
  readonly confirms: boolean
}

/** What became of the SQL in one database. */
export interface ExecutionResult {
  readonly database: string
  readonly databaseUser?: string | undefined
  readonly databaseName?: string | undefined
  readonly outputFile?: string | undefined
  /** Of psql; absent when it never ran. */
  readonly exitCode?: number | undefined
  /** Why psql never ran. */
  readonly error?: string | undefined
}

const parallelMax = 10

/** Throws EXECUTION_REFUSED for flags that contradict each other or say too little. */
export function parseExecution(flags: Flags): Execution {
  const sql = textOrUndefined(flags['sql'])
  if (sql === undefined || sql.trim() === '') throw refused('the SQL is empty', 'write it as one word: tsh db exec "select 1" --dbs=a,b')
  const outputDirectory = nonEmpty(textOrUndefined(flags['outputDir']))
  const parallel = parseParallel(textOrUndefined(flags['parallel']) ?? '1')
  if (parallel > 1 && outputDirectory === undefined) {
    throw refused('the outputs of databases that run side by side would mix', 'add --output-dir=<new directory>, or leave out --parallel')
  }
  return { sql, databases: parseDatabases(flags), parallel, outputDirectory, confirms: flags['confirm'] !== false }
}

function parseDatabases(flags: Flags): Execution['databases'] {
  const typed = textOrUndefined(flags['dbs'])
  const filter = databaseFilter(flags)
  if (typed === undefined && !filter.narrows) {
    throw refused(
      'no database was named',
      'name them with --dbs=a,b, or find them with --search=<word>, --labels=<key>=<value> or --query=<predicate>',
    )
  }
  if (typed === undefined) return { kind: 'found', filter }
  if (filter.narrows) throw refused('--dbs names the databases and the other flags search for them', 'leave out one or the other')
  const names = [...new Set(typed.split(',').map((name) => name.trim()))].filter((name) => name !== '')
  if (names.length === 0) throw refused('--dbs names no database', 'write it like --dbs=a,b')
  return { kind: 'named', names }
}

function parseParallel(text: string): number {
  const parallel = Number(text)
  if (/^\d+$/.test(text) && parallel >= 1 && parallel <= parallelMax) return parallel
  throw refused(`"${text}" databases at once`, `choose --parallel between 1 and ${parallelMax}`)
}

function refused(state: string, hint: string): PortunusError {
  return new PortunusError('EXECUTION_REFUSED', `Cannot run the SQL: ${state}`, { category: 'bad-input', hint })
}

export function succeeded({ exitCode }: ExecutionResult): boolean {
  return exitCode === 0
}

/** The content of summary.json. */
export function executionSummary(results: readonly ExecutionResult[]): unknown {
  const succeededCount = results.filter(succeeded).length
  return {
    total: results.length,
    succeeded: succeededCount,
    failed: results.length - succeededCount,
    databases: results.map((result) => ({
      name: result.database,
      db_user: result.databaseUser,
      db_name: result.databaseName,
      success: succeeded(result),
      exit_code: result.exitCode,
      output_file: result.outputFile,
      error: result.error,
    })),
  }
}

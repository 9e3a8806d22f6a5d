/** The small world of this room's tests: a clock that can be moved, files in memory, a log that remembers, and a plan. */
import { planRedshiftLogin, type RedshiftLoginPlan } from '#aws-model'
import type { Clock, Files, Log, LogFields } from '#foundation'
import type { Database } from '#resources'

/** Time that stands still until a test moves it; deadlines are real. */
export class SteppedClock implements Clock {
  #milliseconds = Date.parse('2030-01-01T00:00:00Z')

  step(milliseconds: number): void {
    this.#milliseconds += milliseconds
  }
  now(): Date {
    return new Date(this.#milliseconds)
  }
  monotonicMilliseconds(): number {
    return this.#milliseconds
  }
  sleep(): Promise<void> {
    return Promise.reject(new Error('nothing in this room sleeps'))
  }
  timer(): Disposable {
    throw new Error('nothing in this room sets timers')
  }
  deadline(milliseconds: number): AbortSignal {
    return AbortSignal.timeout(milliseconds)
  }
}

/** Files in memory; a path listed in `unreadable` fails as a file of another user does. */
export function memoryFiles(texts: Readonly<Record<string, string>>, unreadable: readonly string[] = []): Pick<Files, 'readTextIfPresent'> {
  return {
    readTextIfPresent: (path) =>
      unreadable.includes(path) ? Promise.reject(new Error('permission denied')) : Promise.resolve(texts[path]),
  }
}

export interface LogLine {
  readonly level: string
  readonly message: string
  readonly fields: LogFields
}

export function rememberingLog(lines: LogLine[]): Log {
  const write =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push({ level, message, fields })
  const log: Log = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error'), child: () => log }
  return log
}

export interface PlanFixture {
  readonly databaseUser?: string
  readonly databaseName?: string
  readonly person?: string
  readonly assumeRoleArn?: string
  readonly externalId?: string
  readonly accountId?: string
  readonly region?: string
}

/** A plan for the cluster my-redshift behind a name that tells nothing, in us-east-1 unless `region` is empty. */
export function planFixture(given: PlanFixture = {}): RedshiftLoginPlan {
  const { databaseUser = 'alice', databaseName = 'dev', person = 'alice', region = 'us-east-1', ...aws } = given
  const database: Database = {
    kind: 'db',
    version: 'v3',
    metadata: { name: 'my-redshift', labels: {} },
    spec: {
      protocol: 'postgres',
      uri: 'localhost:5439',
      tls: { mode: 'verify-full' },
      aws: { ...aws, ...(region === '' ? {} : { region }), redshift: { clusterId: 'my-redshift' } },
    },
  }
  return planRedshiftLogin({ database, databaseUser, databaseName, person, sessionId: 'session-1' })
}

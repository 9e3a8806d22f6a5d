/** Which databases an agent serves: those of its file, and those of the cluster that its matchers choose, as they come and go. */
import { selectsLabels } from '#access'
import { messageOf } from '#foundation'
import type { Database, DatabaseAws } from '#resources'
import type { AgentOptions, DatabaseMatcher } from './agent-options.ts'
import { answerInTime } from './answer-in-time.ts'
import { announce, withdraw } from './heartbeat.ts'

export interface ServedDatabases {
  all(): readonly Database[]
  named(name: string): Database | undefined
  /** Follows the cluster's databases until the signal aborts; announces what is new at once. Never rejects. */
  follow(signal: AbortSignal): Promise<void>
}

type ServedOptions = Pick<
  AgentOptions,
  'authority' | 'databases' | 'databaseMatchers' | 'clock' | 'randomness' | 'log' | 'version' | 'identity'
>

const pollMilliseconds = 1_000
const retryMilliseconds = 5_000
const originLabel = 'teleport.dev/origin'

export function openServedDatabases(options: ServedOptions): ServedDatabases {
  const own = options.databases.map(fromFile)
  const ownNames = new Set(own.map(({ metadata }) => metadata.name))
  let served = byName(own)
  let known: string | undefined

  async function look(signal: AbortSignal): Promise<void> {
    const asking = options.authority.getDatabasesForAgent({ known })
    const { version, databases } = await answerInTime(asking, { clock: options.clock, signal })
    if (databases === undefined) return
    known = version
    const before = served
    const chosen = databases.flatMap((database) => chosenBy(options.databaseMatchers ?? [], database))
    served = byName([...own, ...chosen.filter(({ metadata }) => !ownNames.has(metadata.name))])
    await tellChanges(before, served, signal)
  }

  async function tellChanges(before: Served, after: Served, signal: AbortSignal): Promise<void> {
    const gone = [...before.keys()].filter((name) => !after.has(name))
    const fresh = [...after.values()].filter(({ metadata }) => metadata.revision !== before.get(metadata.name)?.metadata.revision)
    for (const { metadata } of fresh) options.log.info('database served', { database: metadata.name })
    for (const name of gone) options.log.info('database not served any more', { database: name })
    await Promise.all([...fresh.map((database) => announce(database, options, signal)), ...gone.map((name) => withdraw(name, options))])
  }

  return {
    all: () => [...served.values()],
    named: (name) => served.get(name),
    async follow(signal) {
      if ((options.databaseMatchers ?? []).length === 0) return
      while (!signal.aborted) {
        let pause = pollMilliseconds
        try {
          await look(signal)
        } catch (error) {
          pause = retryMilliseconds
          if (!signal.aborted) options.log.warn('databases of the cluster not known', { error: messageOf(error) })
        }
        await options.clock.sleep(pause * (0.8 + 0.4 * options.randomness.fraction()), { signal }).catch(ignore)
      }
    },
  }
}

type Served = ReadonlyMap<string, Database>

function byName(databases: readonly Database[]): Served {
  return new Map(databases.map((database) => [database.metadata.name, database]))
}

function fromFile(database: Database): Database {
  const { metadata } = database
  return { ...database, metadata: { ...metadata, labels: { ...metadata.labels, [originLabel]: 'config-file' } } }
}

/** The database as the first matcher that chooses it wants it; none: it is not served here. */
function chosenBy(matchers: readonly DatabaseMatcher[], database: Database): readonly Database[] {
  const matcher = matchers.find(({ labels }) => selectsLabels(labels, database.metadata.labels))
  if (matcher === undefined) return []
  if (matcher.assumeRoleArn === undefined) return [database]
  const { assumeRoleArn: _role, externalId: _externalId, ...aws }: DatabaseAws = database.spec.aws
  const { assumeRoleArn, externalId } = matcher
  const replaced = { ...aws, assumeRoleArn, ...(externalId === undefined ? {} : { externalId }) }
  return [{ ...database, spec: { ...database.spec, aws: replaced } }]
}

function ignore(): void {}

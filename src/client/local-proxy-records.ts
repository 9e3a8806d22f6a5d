/**
 * The local proxies that run on this machine: a file for each in the profile directory, and a small control port through
 * which another tsh hears that it lives, and may stop it. A process id alone could by now belong to some other program.
 */
import type { Duplex } from 'node:stream'
import { z } from 'zod'
import { PortunusError, type Listener } from '#foundation'
import type { ClientWorld } from './ports.ts'
import type { ProfileDirectory } from './profile-directory.ts'
import { fileName } from './profile-paths.ts'

const recordSchema = z.object({
  /** Unique among those that run: the database's, with a number behind it where there are several. */
  name: z.string(),
  database: z.string(),
  cluster: z.string(),
  databaseUser: z.string().optional(),
  databaseName: z.string().optional(),
  /** `host:port`, or the path of a Unix socket. */
  address: z.string(),
  processId: z.number(),
  startedAt: z.string(),
  /** Of a proxy in the background. */
  logPath: z.string().optional(),
  control: z.object({ port: z.number(), secret: z.string() }),
})

export type LocalProxyRecord = z.infer<typeof recordSchema>

export interface RunningProxy {
  readonly details: Omit<LocalProxyRecord, 'name' | 'control'>
  /** Only who can read the record knows it. */
  readonly secret: string
  readonly onStop: () => void
}

type Command = 'status' | 'stop'

const greeting = 'portunus-local-proxy'
const privateMode = { mode: 0o600, directoryMode: 0o700 } as const
const controlMillisecondsMax = 3000
const stopMillisecondsMax = 10_000
const lookAgainMilliseconds = 25
const lineLengthMax = 256

/** Makes a proxy known until it is disposed. */
export async function announceLocalProxy(
  world: ClientWorld,
  directory: ProfileDirectory,
  running: RunningProxy,
): Promise<AsyncDisposable & { readonly record: LocalProxyRecord }> {
  await using opened = new AsyncDisposableStack()
  const control = opened.use(await openControl(world, running))
  const record = await claimRecord(world, directory, {
    ...running.details,
    control: { port: control.address.port, secret: running.secret },
  })
  opened.defer(() => directory.files.remove(recordPath(directory, record.name)))
  const lifetime = opened.move()
  return { record, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}

/** Those that run, sorted by name; what others have left behind is cleared away. */
export async function listLocalProxies(world: ClientWorld, directory: ProfileDirectory): Promise<readonly LocalProxyRecord[]> {
  const names = (await directory.files.list(folderOf(directory))).filter((name) => name.endsWith('.json'))
  const found = await Promise.all(names.map((name) => livingRecord(world, directory, `${folderOf(directory)}/${name}`)))
  return found.filter((record) => record !== undefined).toSorted((left, right) => (left.name < right.name ? -1 : 1))
}

/** Ends the proxy and its connections, and waits until it has gone. Throws LOCAL_PROXY_STUCK. */
export async function stopLocalProxy(world: ClientWorld, directory: ProfileDirectory, record: LocalProxyRecord): Promise<void> {
  await answers(world, record, 'stop')
  const until = world.clock.monotonicMilliseconds() + stopMillisecondsMax
  while ((await readRecord(directory, recordPath(directory, record.name)))?.control.secret === record.control.secret) {
    if (world.clock.monotonicMilliseconds() > until) throw stuck(record)
    await world.clock.sleep(lookAgainMilliseconds)
  }
}

/** The log of the proxies of one database in the background. */
export function localProxyLogPath(directory: ProfileDirectory, database: string): string {
  return `${folderOf(directory)}/${fileName(database)}.log`
}

async function claimRecord(
  world: ClientWorld,
  directory: ProfileDirectory,
  details: Omit<LocalProxyRecord, 'name'>,
): Promise<LocalProxyRecord> {
  for (let number = 1; ; number += 1) {
    const record = { name: number === 1 ? details.database : `${details.database}-${number}`, ...details }
    const path = recordPath(directory, record.name)
    if ((await livingRecord(world, directory, path)) !== undefined) continue
    try {
      await directory.files.writeText(path, `${JSON.stringify(record, undefined, 2)}\n`, { ...privateMode, exclusive: true })
      return record
    } catch (error) {
      if (!(error instanceof PortunusError) || error.code !== 'FILE_EXISTS') throw error
    }
  }
}

async function livingRecord(world: ClientWorld, directory: ProfileDirectory, path: string): Promise<LocalProxyRecord | undefined> {
  const record = await readRecord(directory, path)
  if (record !== undefined && (await answers(world, record, 'status'))) return record
  const present = await readRecord(directory, path)
  if (present?.control.secret === record?.control.secret) await directory.files.remove(path)
  return undefined
}

async function readRecord({ files }: ProfileDirectory, path: string): Promise<LocalProxyRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse((await files.readTextIfPresent(path)) ?? ''))
  } catch {
    return undefined
  }
}

/** Whether the very proxy of the record hears the command. */
async function answers(world: ClientWorld, { control }: LocalProxyRecord, command: Command): Promise<boolean> {
  const signal = world.clock.deadline(controlMillisecondsMax)
  try {
    const { stream } = await world.network.dial({ host: '127.0.0.1', port: control.port }, { signal })
    stream.write(`${greeting} ${control.secret} ${command}\n`)
    return (await readLine(stream, signal).finally(() => stream.destroy())) === `${greeting} ${command} ok`
  } catch {
    return false
  }
}

function openControl(world: ClientWorld, { secret, onStop }: RunningProxy): Promise<Listener> {
  const serve = async (stream: Duplex): Promise<void> => {
    const line = await readLine(stream, world.clock.deadline(controlMillisecondsMax))
    for (const command of ['status', 'stop'] as const) {
      if (line !== `${greeting} ${secret} ${command}`) continue
      stream.end(`${greeting} ${command} ok\n`)
      if (command === 'stop') onStop()
      return
    }
    stream.destroy()
  }
  return world.network.listen({ host: '127.0.0.1', port: 0 }, ({ stream }) => {
    serve(stream).catch(() => stream.destroy())
  })
}

function readLine(stream: Duplex, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const fail = (): void => reject(new Error('no line came'))
    signal.addEventListener('abort', fail, { once: true })
    stream.once('error', fail).once('close', fail).once('end', fail)
    stream.on('data', (chunk: Uint8Array) => {
      text += Buffer.from(chunk).toString('latin1')
      const [line, ...rest] = text.split('\n')
      if (line !== undefined && rest.length > 0) resolve(line)
      else if (text.length > lineLengthMax) fail()
    })
  })
}

function folderOf({ path }: ProfileDirectory): string {
  return `${path}/local-proxies`
}

function recordPath(directory: ProfileDirectory, name: string): string {
  return `${folderOf(directory)}/${fileName(name)}.json`
}

function stuck({ name, processId }: LocalProxyRecord): PortunusError {
  return new PortunusError('LOCAL_PROXY_STUCK', `Cannot stop the local proxy "${name}": it does not end`, {
    category: 'unavailable',
    hint: `end its process with: kill ${processId}`,
  })
}

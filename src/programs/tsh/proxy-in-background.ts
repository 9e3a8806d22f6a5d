/** `tsh proxy db --background`: the same command once more, apart from the terminal, waited for until it listens. */
import { PortunusError } from '#foundation'
import { addressText, listLocalProxies, localProxyLogPath, type LocalProxyRecord } from '#client'
import { profileDirectory, type TshContext } from './context.ts'
import { printProxy } from './proxy-text.ts'
import { textOrUndefined, type Flags } from './program.ts'
import { shellWord } from './shell-words.ts'
import type { Target } from './target.ts'

const startMillisecondsMax = 30_000
const lookAgainMilliseconds = 50

/** The choice of the database is made here, where a mistake can be told to the person. */
export async function proxyInBackground(context: TshContext, target: Target, flags: Flags): Promise<number> {
  const { terminal, client } = context.world
  const directory = profileDirectory(context)
  const logPath = localProxyLogPath(directory, target.route.service)
  const before = (await client.files.readTextIfPresent(logPath)) ?? ''
  // Makes the directory, and a private file, where there are none yet.
  if (before === '') await client.files.writeText(logPath, '', { mode: 0o600, directoryMode: 0o700 })
  const earlier = (await listLocalProxies(client, directory)).map(({ control }) => control.secret)
  const child = context.world.startItselfInBackground(backgroundArguments(context, target, flags, logPath), { logPath })
  const record = await started(context, child, earlier)
  if (record === undefined) {
    const said = ((await client.files.readTextIfPresent(logPath)) ?? '').slice(before.length).trim()
    throw notStarted(target.route.service, said.replace(/^ERROR: /, ''), logPath)
  }
  if (flags['format'] === 'json') terminal.answer(JSON.stringify(printProxy(record)))
  else {
    terminal.answer(`Started authenticated tunnel "${record.name}" for the PostgreSQL database "${record.database}" in cluster "${record.cluster}" on ${record.address}.

It runs in the background as process ${record.processId}; its log is ${logPath}.
Anyone on this machine can connect through it, as you, for as long as it runs.
Stop it with:
  $ tsh proxy stop ${shellWord(record.name)}
`)
  }
  return 0
}

function backgroundArguments({ flags: wanted }: TshContext, { route, login }: Target, flags: Flags, logPath: string): readonly string[] {
  const passedOn = [
    ['--db-user', route.user],
    ['--db-name', route.name],
    ['--port', textOrUndefined(flags['port'])],
    ['--listen', textOrUndefined(flags['listen'])],
    ['--listen-unix', textOrUndefined(flags['listenUnix'])],
  ].flatMap(([flag, value]) => (value === undefined ? [] : [`${flag}=${value}`]))
  return [
    'proxy',
    'db',
    '--tunnel',
    `--proxy=${addressText({ ...login.profile.address, host: login.profile.proxyHost })}`,
    `--user=${login.profile.user}`,
    `--background-log=${logPath}`,
    ...passedOn,
    ...(flags['insecureListenAnywhere'] === true ? ['--insecure-listen-anywhere'] : []),
    ...(wanted.debug ? ['--debug'] : []),
    route.service,
  ]
}

/** The record of the new process; undefined when it ended, or took too long. */
async function started(
  context: TshContext,
  child: { readonly processId: number; readonly ended: Promise<number> },
  earlierSecrets: readonly string[],
): Promise<LocalProxyRecord | undefined> {
  const { client } = context.world
  const until = client.clock.monotonicMilliseconds() + startMillisecondsMax
  const ended = new AbortController()
  void child.ended.then(() => ended.abort())
  while (!ended.signal.aborted && client.clock.monotonicMilliseconds() < until) {
    const proxies = await listLocalProxies(client, profileDirectory(context))
    const record = proxies.find(({ processId, control }) => processId === child.processId && !earlierSecrets.includes(control.secret))
    if (record !== undefined) return record
    await client.clock.sleep(lookAgainMilliseconds)
  }
  return undefined
}

function notStarted(database: string, said: string, logPath: string): PortunusError {
  const state = said === '' ? 'it does not listen' : said
  return new PortunusError('PROXY_BACKGROUND_FAILED', `Cannot open a local port for "${database}" in the background: ${state}`, {
    category: 'unavailable',
    hint: `look at the log with: cat ${shellWord(logPath)}`,
  })
}

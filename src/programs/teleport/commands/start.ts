/** `teleport start`: reads the configuration, starts the services, and stops them in order when it is told to. */
import { startTeleportService } from '#composition'
import {
  defaultConfiguration,
  defaultConfigurationPath,
  overrideConfiguration,
  parseTeleportYaml,
  placeOf,
  type TeleportConfiguration,
} from '#configuration'
import { messageOf, type Log } from '#foundation'
import { exitWhenWritten, isInputOutputError } from '#world'
import { listFlag, textFlag, type Flags } from '../flag-values.ts'
import type { TeleportWorld } from '../world.ts'

/** Runs until SIGINT or SIGTERM; resolves to 0 after an orderly stop. */
export async function start(world: TeleportWorld, flags: Flags): Promise<number> {
  const stop = world.terminationSignal()
  const { configuration, path } = await readConfiguration(world, flags)
  const log = world.openLog({ level: configuration.log.severity, format: configuration.log.format })
  world.onUncaught((error) => {
    log.error('unexpected failure', { error, stack: error instanceof Error ? error.stack : undefined })
    // A reset socket without a listener ends nothing but itself; anything else leaves the process in an unknown state.
    if (!isInputOutputError(error)) void exitWhenWritten(1)
  })
  world.onReload(() => log.warn('the configuration is read at start only, restart to apply a new one'))
  log.info('teleport starts', { version: world.version, configuration: path ?? 'built-in defaults', data_dir: configuration.dataDirectory })
  for (const warning of configuration.warnings) log.warn(placeOf(path ?? 'defaults', warning))
  if (flags['insecure'] === true) log.warn('certificates of proxies are not verified (--insecure)')
  await using pidFile = await writePidFile(world, configuration)
  const starting = startTeleportService({
    configuration,
    machine: world.machine,
    packageDirectory: world.packageDirectory,
    insecure: flags['insecure'] === true,
    log,
  })
  const service = await Promise.race([starting, stopped(stop)])
  if (service === undefined) {
    // Whatever the start waits for (a silent proxy, a slow disk) ends with the process.
    starting.catch(() => {})
    log.info('teleport stops before it was ready', { reason: String(stop.reason) })
    return 0
  }
  if (path === undefined) sayWhereToBegin(world, service.proxyAddress)
  await stopped(stop)
  log.info('teleport stops', { reason: String(stop.reason) })
  await stopService(service, log)
  void pidFile
  return 0
}

function stopped(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    // A pending timer keeps the process alive even when every service waits on sockets that do not.
    const alive = setInterval(() => {}, 3_600_000)
    const finish = (): void => {
      clearInterval(alive)
      resolve(undefined)
    }
    if (signal.aborted) finish()
    else signal.addEventListener('abort', finish, { once: true })
  })
}

async function stopService(service: AsyncDisposable, log: Log): Promise<void> {
  try {
    await service[Symbol.asyncDispose]()
    log.info('teleport has stopped')
  } catch (error) {
    log.error('teleport did not stop in order', { error: messageOf(error) })
  }
}

interface FoundConfiguration {
  readonly configuration: TeleportConfiguration
  /** Undefined for the built-in defaults. */
  readonly path: string | undefined
}

/** Flags before the environment before the default file; with none of them a cluster for this machine alone. */
async function readConfiguration(world: TeleportWorld, flags: Flags): Promise<FoundConfiguration> {
  const { machine, files } = world
  const named = textFlag(flags, 'config') ?? machine.environment['TELEPORT_CONFIG_FILE']
  const content = named === undefined ? await files.readTextIfPresent(defaultConfigurationPath) : await files.readText(named)
  const path = named ?? defaultConfigurationPath
  const configuration =
    content === undefined
      ? defaultConfiguration({ isRoot: machine.isRoot, homeDirectory: machine.homeDirectory, hostname: machine.hostname })
      : parseTeleportYaml(content, { path, hostname: machine.hostname })
  return { configuration: withFlags(configuration, flags), path: content === undefined ? undefined : path }
}

function withFlags(configuration: TeleportConfiguration, flags: Flags): TeleportConfiguration {
  const pins = listFlag(flags, 'caPin')
  return overrideConfiguration(configuration, {
    roles: textFlag(flags, 'roles'),
    token: textFlag(flags, 'token'),
    caPins: pins.length === 0 ? undefined : pins,
    authServer: textFlag(flags, 'authServer'),
    nodename: textFlag(flags, 'nodename'),
    dataDirectory: textFlag(flags, 'dataDir'),
    pidFile: textFlag(flags, 'pidFile'),
    isDebug: flags['debug'] === true,
  })
}

async function writePidFile(world: TeleportWorld, configuration: TeleportConfiguration): Promise<AsyncDisposable> {
  const path = configuration.pidFile
  if (path === undefined) return { async [Symbol.asyncDispose]() {} }
  await world.files.writeText(path, `${world.machine.processId}\n`, { mode: 0o644 })
  return { [Symbol.asyncDispose]: () => world.files.remove(path) }
}

function sayWhereToBegin(world: TeleportWorld, proxyAddress: string | undefined): void {
  world.terminal.tell(
    [
      `No configuration file was given: this is a cluster for this machine alone, at https://${proxyAddress ?? 'localhost:3080'}`,
      'Create a user in another terminal: tctl users add --roles=access,editor --db-users="*" --db-names="*" <name>',
    ].join('\n'),
  )
}

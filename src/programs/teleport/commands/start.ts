/** `teleport start`: reads the configuration, starts the services, and stops them in order when it is told to. */
import { startTeleportService } from '#composition'
import { defaultConfiguration, defaultConfigurationPath, parseTeleportYaml, type TeleportConfiguration } from '#configuration'
import { PortunusError, Secret, messageOf, type Log } from '#foundation'
import type { Flags } from '../program.ts'
import type { TeleportWorld } from '../world.ts'

/** Runs until SIGINT or SIGTERM; resolves to 0 after an orderly stop. */
export async function start(world: TeleportWorld, flags: Flags): Promise<number> {
  const stop = world.terminationSignal()
  const { configuration, path } = await readConfiguration(world, flags)
  const log = world.openLog({ level: flags['debug'] === true ? 'debug' : configuration.log.severity, format: configuration.log.format })
  log.info('teleport starts', { version: world.version, configuration: path ?? 'built-in defaults', data_dir: configuration.dataDirectory })
  for (const warning of configuration.warnings) log.warn(warning.message, { at: warning.at })
  if (flags['insecure'] === true) log.warn('certificates of proxies are not verified (--insecure)')
  await using pidFile = await writePidFile(world, configuration)
  const service = await startTeleportService({
    configuration,
    machine: world.machine,
    webDirectory: world.webDirectory,
    insecure: flags['insecure'] === true,
    log,
  })
  if (path === undefined) sayWhereToBegin(world, service.proxyAddress)
  await stopped(stop)
  log.info('teleport stops', { reason: String(stop.reason) })
  await stopService(service, log)
  void pidFile
  return 0
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    // A pending timer keeps the process alive even when every service waits on sockets that do not.
    const alive = setInterval(() => {}, 3_600_000)
    const finish = (): void => {
      clearInterval(alive)
      resolve()
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
  const named = text(flags['config']) ?? machine.environment['TELEPORT_CONFIG_FILE']
  const content = named === undefined ? await files.readTextIfPresent(defaultConfigurationPath) : await files.readText(named)
  const path = named ?? defaultConfigurationPath
  const configuration =
    content === undefined
      ? defaultConfiguration({ isRoot: machine.isRoot, homeDirectory: machine.homeDirectory, hostname: machine.hostname })
      : parseTeleportYaml(content, { path, hostname: machine.hostname })
  return { configuration: withFlags(configuration, flags), path: content === undefined ? undefined : path }
}

function withFlags(configuration: TeleportConfiguration, flags: Flags): TeleportConfiguration {
  const token = text(flags['token'])
  const pins = Array.isArray(flags['caPin']) ? flags['caPin'].filter((pin): pin is string => typeof pin === 'string') : []
  return {
    ...configuration,
    ...(token === undefined ? {} : { authToken: new Secret(token) }),
    ...(pins.length === 0 ? {} : { caPins: pins, caPinFiles: [] }),
    nodename: text(flags['nodename']) ?? configuration.nodename,
    pidFile: text(flags['pidFile']) ?? configuration.pidFile,
  }
}

async function writePidFile(world: TeleportWorld, configuration: TeleportConfiguration): Promise<AsyncDisposable> {
  const path = configuration.pidFile
  if (path === undefined) return { async [Symbol.asyncDispose]() {} }
  if (!path.startsWith('/')) {
    throw new PortunusError('PID_FILE_RELATIVE', `Cannot write the process id to "${path}": the path is relative`, {
      category: 'bad-input',
      hint: 'give an absolute path, such as --pid-file=/run/teleport.pid',
    })
  }
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

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

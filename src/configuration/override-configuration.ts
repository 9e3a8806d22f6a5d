/** Flags of `teleport start` over a configuration: what is typed wins over the file, and the file over the defaults. */
import * as z from 'zod/mini'
import { authPort, diagPort, webPort, type TeleportConfiguration } from './configuration.ts'
import { flagsRefused } from './generated-file.ts'
import { absolutePath, address, list, optional, scalar, section, text, token } from './schema.ts'
import { caPin } from './teleport-section.ts'

/** What was typed; a flag that was not is absent. */
export interface StartFlags {
  /** Any of auth, proxy, db, separated by commas: these run and no others. */
  readonly roles?: string | undefined
  readonly token?: string | undefined
  readonly caPins?: readonly string[] | undefined
  readonly authServer?: string | undefined
  readonly proxyServer?: string | undefined
  readonly nodename?: string | undefined
  readonly dataDirectory?: string | undefined
  readonly diagAddress?: string | undefined
  readonly pidFile?: string | undefined
  readonly isDebug?: boolean | undefined
}

const roles = scalar('one or more of auth, proxy, db, separated by commas', (value) => {
  const words = value.split(',').map((word) => word.trim().toLowerCase())
  return words.every((word) => ['auth', 'proxy', 'db'].includes(word)) ? new Set(words) : undefined
})

const flagsSchema = section({
  '--roles': optional(roles),
  '--token': optional(token),
  '--ca-pin': optional(list(caPin)),
  '--auth-server': optional(address(authPort)),
  '--proxy-server': optional(address(webPort)),
  '--nodename': optional(text),
  '--data-dir': optional(absolutePath),
  '--diag-addr': optional(address(diagPort)),
  '--pid-file': optional(absolutePath),
})

/** The configuration with the flags applied. Throws CONFIGURATION_FLAGS_REFUSED (bad-input) naming each flag that cannot be read. */
export function overrideConfiguration(configuration: TeleportConfiguration, flags: StartFlags): TeleportConfiguration {
  const typed = read(flags)
  const { log, auth, proxy, database } = configuration
  const pins = typed['--ca-pin']
  const running = typed['--roles']
  const isRunning = (role: string, otherwise: boolean): boolean => running?.has(role) ?? otherwise
  return {
    ...configuration,
    nodename: typed['--nodename'] ?? configuration.nodename,
    dataDirectory: typed['--data-dir'] ?? configuration.dataDirectory,
    log: flags.isDebug === true ? { ...log, severity: 'debug' } : log,
    authToken: typed['--token'] ?? configuration.authToken,
    caPins: pins?.filter((pin) => !pin.startsWith('/')) ?? configuration.caPins,
    caPinFiles: pins?.filter((pin) => pin.startsWith('/')) ?? configuration.caPinFiles,
    // The two exclude each other, so that a typed one takes the place of either.
    proxyServer: typed['--proxy-server'] ?? (typed['--auth-server'] === undefined ? configuration.proxyServer : undefined),
    authServer: typed['--auth-server'] ?? (typed['--proxy-server'] === undefined ? configuration.authServer : undefined),
    diagAddress: typed['--diag-addr'] ?? configuration.diagAddress,
    pidFile: typed['--pid-file'] ?? configuration.pidFile,
    auth: { ...auth, enabled: isRunning('auth', auth.enabled) },
    proxy: { ...proxy, enabled: isRunning('proxy', proxy.enabled) },
    database: { ...database, enabled: isRunning('db', database.enabled) },
  }
}

function read(flags: StartFlags): z.output<typeof flagsSchema> {
  const typed = {
    '--roles': flags.roles,
    '--token': flags.token,
    '--ca-pin': flags.caPins,
    '--auth-server': flags.authServer,
    '--proxy-server': flags.proxyServer,
    '--nodename': flags.nodename,
    '--data-dir': flags.dataDirectory,
    '--diag-addr': flags.diagAddress,
    '--pid-file': flags.pidFile,
  }
  const result = z.safeParse(flagsSchema, Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== undefined)))
  if (result.success) return result.data
  throw flagsRefused(result.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`))
}

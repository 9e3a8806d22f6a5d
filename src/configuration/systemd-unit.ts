/** The unit that `teleport install systemd` writes, so that the daemon starts with the host (systemd.service(5)). */
import { PortunusError } from '#foundation'
import { defaultConfigurationPath } from './configuration.ts'

export interface SystemdUnitFlags {
  /** The program to run. */
  readonly teleportPath: string
  readonly configurationPath?: string
  readonly environmentFile?: string
  readonly pidFile?: string
  readonly fileDescriptorsMax?: number
}

/** The text of the unit. Throws UNIT_VALUE_REFUSED (bad-input) for a path that is relative or would need escapes. */
export function printSystemdUnit(flags: SystemdUnitFlags): string {
  const teleport = unitPath('--teleport-path', flags.teleportPath)
  const configuration = unitPath('--config', flags.configurationPath ?? defaultConfigurationPath)
  const environment = unitPath('--env-file', flags.environmentFile ?? '/etc/default/teleport')
  const pidFile = unitPath('--pid-file', flags.pidFile ?? '/run/teleport.pid')
  const limit = flags.fileDescriptorsMax ?? 524_288
  if (!Number.isSafeInteger(limit) || limit < 1) throw refused('--fd-limit', String(limit), 'it is not a whole number above zero')
  // The dash before the environment file lets the service start without it. The daemon keeps its process id when it
  // is told to reload, so the signal goes to the main process.
  return `[Unit]
Description=Teleport Service
After=network.target

[Service]
Type=simple
Restart=always
RestartSec=5
EnvironmentFile=-${environment}
ExecStart=${teleport} start --config ${configuration} --pid-file=${pidFile}
ExecReload=/bin/kill -HUP $MAINPID
PIDFile=${pidFile}
LimitNOFILE=${limit}

[Install]
WantedBy=multi-user.target
`
}

/** A path that means itself in a unit: no spaces, quotes, specifiers or variables. */
function unitPath(flag: string, path: string): string {
  if (!path.startsWith('/')) throw refused(flag, path, 'the path is not absolute')
  if (!/^[\w./+@:,=-]+$/.test(path)) throw refused(flag, path, 'it has characters that a unit would read as something else')
  return path
}

function refused(flag: string, value: string, state: string): PortunusError {
  return new PortunusError('UNIT_VALUE_REFUSED', `Cannot use ${flag}=${JSON.stringify(value)} in a systemd unit: ${state}`, {
    category: 'bad-input',
    hint: 'use an absolute path of letters, digits and ./_- characters',
  })
}

/** The `teleport` section: this process, its log, and how it finds and trusts its cluster. */
import * as z from 'zod/mini'
import { authPort, defaultDataDirectory, defaultLog, diagPort, webPort, type LogConfiguration } from './configuration.ts'
import {
  absolutePath,
  address,
  anything,
  duration,
  list,
  oneOf,
  oneOrMany,
  optional,
  refuse,
  scalar,
  section,
  text,
  token,
  withDefault,
} from './schema.ts'

const severityByWord: ReadonlyMap<string, LogConfiguration['severity']> = new Map([
  ['debug', 'debug'],
  ['trace', 'debug'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['warning', 'warn'],
  ['err', 'error'],
  ['error', 'error'],
])
const severity = scalar('one of debug, info, warn, error', (value) => severityByWord.get(value.toLowerCase()))

const logOutput = scalar('stderr, stdout or an absolute path', (value) =>
  value === 'stderr' || value === 'stdout' || value.startsWith('/') ? value : undefined,
)

const logSchema = z.pipe(
  section({
    severity: withDefault(severity, defaultLog.severity),
    output: withDefault(logOutput, defaultLog.output),
    format: optional(section({ output: withDefault(oneOf('text', 'json'), defaultLog.format), extra_fields: optional(list(text)) })),
  }),
  z.transform((log): LogConfiguration => ({ severity: log.severity, output: log.output, format: log.format?.output ?? defaultLog.format })),
)

export const caPin = scalar(
  'sha256: and 64 hexadecimal digits as tctl status prints them, or the absolute path of a file with them',
  (value) => {
    if (value.startsWith('/')) return value
    return /^sha256:[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : undefined
  },
)

const joinParams = section({
  method: oneOf('token'),
  token_name: token,
})

/** The section; what it holds without effect is listed in `without-effect.ts`. */
export const teleportSchema = z.pipe(
  section({
    nodename: optional(text),
    data_dir: withDefault(absolutePath, defaultDataDirectory),
    auth_token: optional(token),
    join_params: optional(joinParams),
    ca_pin: withDefault(oneOrMany(caPin), []),
    proxy_server: optional(address(webPort)),
    auth_server: optional(address(authPort)),
    advertise_ip: optional(text),
    diag_addr: optional(address(diagPort)),
    pid_file: optional(absolutePath),
    log: withDefault(logSchema, defaultLog),
    connection_limits: anything,
    storage: optional(section({ type: oneOf('sqlite'), audit_events_uri: anything, audit_sessions_uri: anything })),
    cache: anything,
    shutdown_delay: optional(duration),
  }),
  z.transform((teleport, context) => {
    if (teleport.auth_token !== undefined && teleport.join_params !== undefined) {
      refuse(context, ['join_params'], 'expected either join_params or auth_token, not both')
    }
    if (teleport.proxy_server !== undefined && teleport.auth_server !== undefined) {
      refuse(context, ['auth_server'], 'expected either auth_server or proxy_server, not both')
    }
    return {
      nodename: teleport.nodename,
      dataDirectory: teleport.data_dir,
      log: teleport.log,
      authToken: teleport.auth_token ?? teleport.join_params?.token_name,
      caPins: teleport.ca_pin.filter((pin) => !pin.startsWith('/')),
      caPinFiles: teleport.ca_pin.filter((pin) => pin.startsWith('/')),
      proxyServer: teleport.proxy_server,
      authServer: teleport.auth_server,
      diagAddress: teleport.diag_addr,
      pidFile: teleport.pid_file,
    }
  }),
)

/** The file that `teleport configure` prints: a cluster, or a part of one, that starts as it is. */
import { defaultDataDirectory } from './configuration.ts'
import { checkGenerated, flagsRefused, type FlagsByKey } from './generated-file.ts'
import { yamlComment, yamlSection } from './print-yaml.ts'

/** What was typed; a flag that was not is absent or empty. */
export interface ConfigurationFlags {
  readonly nodename: string
  readonly clusterName?: string | undefined
  /** How people reach the proxy: `teleport.example.com:443`. */
  readonly publicAddress?: string | undefined
  readonly certificateFile?: string | undefined
  readonly keyFile?: string | undefined
  readonly dataDirectory?: string | undefined
  readonly token?: string | undefined
  readonly caPins?: readonly string[]
  /** `proxy,auth`, the default, or any of auth, proxy, db. */
  readonly roles?: string | undefined
  readonly proxy?: string | undefined
  readonly authServer?: string | undefined
}

const knownRoles = ['auth', 'proxy', 'db']

const configurationKeys: FlagsByKey = [
  [/^auth_service\.cluster_name$/, '--cluster-name'],
  [/^proxy_service\.public_addr/, '--public-addr'],
  [/\.cert_file$/, '--cert-file'],
  [/\.key_file$/, '--key-file'],
]

/** The configuration. Throws CONFIGURATION_FLAGS_REFUSED (bad-input) when `teleport start` would not accept it. */
export function printConfiguration(flags: ConfigurationFlags): string {
  const roles = rolesOf(given(flags.roles) ?? 'proxy,auth')
  const { certificateFile, keyFile } = flags
  if ((given(certificateFile) === undefined) !== (given(keyFile) === undefined))
    throw flagsRefused(['--cert-file and --key-file: expected both or none'])
  const isOn = (role: string): 'yes' | 'no' => (roles.has(role) ? 'yes' : 'no')
  const text = [
    yamlComment('\nA Portunus configuration. Start it with: teleport start --config=<this file>\n'),
    'version: v3\n',
    yamlSection('teleport', {
      nodename: flags.nodename,
      data_dir: given(flags.dataDirectory) ?? defaultDataDirectory,
      proxy_server: given(flags.proxy),
      auth_server: given(flags.authServer),
      auth_token: given(flags.token),
      ca_pin: flags.caPins ?? [],
      log: { output: 'stderr', severity: 'info', format: { output: 'text' } },
    }),
    yamlSection('auth_service', {
      enabled: isOn('auth'),
      ...(roles.has('auth') ? { listen_addr: '127.0.0.1:3025', cluster_name: given(flags.clusterName) } : {}),
    }),
    yamlSection('proxy_service', {
      enabled: isOn('proxy'),
      ...(roles.has('proxy')
        ? {
            web_listen_addr: '0.0.0.0:3080',
            public_addr: given(flags.publicAddress),
            https_keypairs: given(keyFile) === undefined ? [] : [{ key_file: given(keyFile), cert_file: given(certificateFile) }],
          }
        : {}),
    }),
    yamlSection('db_service', { enabled: isOn('db') }),
    yamlSection('ssh_service', { enabled: 'no' }),
  ].join('')
  checkGenerated(text, configurationKeys)
  return text
}

function rolesOf(text: string): ReadonlySet<string> {
  const roles = text.split(',').map((role) => role.trim().toLowerCase())
  const stranger = roles.find((role) => !knownRoles.includes(role))
  if (stranger !== undefined)
    throw flagsRefused([`--roles: expected one or more of ${knownRoles.join(', ')}, got ${JSON.stringify(stranger)}`])
  return new Set(roles)
}

function given(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}

/**
 * A stage for the guide: the lab, a cluster and a Database Service as real processes on loopback, and people with homes of
 * their own. The demo and the end-to-end tests play on it.
 */
import { createServer } from 'node:net'
import { rmSync } from 'node:fs'
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLab, type Lab } from '../lab.ts'
import { programPath, runCommand, startDaemon, type Daemon, type Outcome, type ProgramName, type RunOptions } from './program.ts'
import { signUp, type Authenticator } from './sign-up.ts'

export const password = 'correct horse battery staple'

export interface Person {
  readonly name: string
  readonly authenticator: Authenticator
}

export interface Stage extends AsyncDisposable {
  readonly directory: string
  readonly lab: Lab
  /** `localhost:<port>`. */
  readonly proxyAddress: string
  readonly clusterConfigPath: string
  readonly agentConfigPath: string
  /** Where the guide's /tmp/token is here. */
  readonly tokenPath: string
  /** The environment of a person with a home of their own, or of the administrator on the auth host. */
  environment(person?: string): Record<string, string>
  run(program: ProgramName, args: readonly string[], options?: Partial<RunOptions> & { readonly person?: string }): Promise<Outcome>
  startCluster(): Promise<Daemon>
  startAgent(): Promise<Daemon>
  signUp(name: string, inviteUrl: string): Promise<Person>
  /** PEM of the authority behind the proxy's self-made web certificate. */
  authorityPem(): Promise<string>
}

export interface StageOptions {
  readonly lab?: Lab
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  await using opened = new AsyncDisposableStack()
  const lab = options.lab ?? opened.use(await startLab())
  const directory = await mkdtemp(join(tmpdir(), 'portunus-stage-'))
  const removeNow = (): void => rmSync(directory, { recursive: true, force: true })
  process.once('exit', removeNow)
  opened.defer(() => {
    process.removeListener('exit', removeNow)
    return rm(directory, { recursive: true, force: true })
  })
  const [proxyPort, authPort] = await freePorts(2)
  const proxyAddress = `localhost:${proxyPort}`
  const clusterConfigPath = join(directory, 'cluster.yaml')
  const agentConfigPath = join(directory, 'agent.yaml')
  await writeFile(
    clusterConfigPath,
    clusterConfiguration({ clusterName: 'demo.portunus.internal', directory, proxyPort: proxyPort ?? 0, authPort: authPort ?? 0 }),
    {
      mode: 0o600,
    },
  )

  const environment = (person = 'admin'): Record<string, string> => ({
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: join(directory, 'home', person),
    USER: person,
    LANG: 'C.UTF-8',
    ...(person === 'admin' ? { TELEPORT_CONFIG_FILE: clusterConfigPath } : {}),
  })
  const authorityPem = (): Promise<string> => readFile(join(directory, 'cluster', 'admin', 'ca.pem'), 'utf8')
  const start = async (configPath: string, extra: Record<string, string>): Promise<Daemon> => {
    const daemon = startDaemon(programPath('teleport'), ['start', '-c', configPath], { ...environment('daemon'), ...extra })
    await daemon.says('teleport is ready')
    return daemon
  }
  const lifetime = opened.move()
  return {
    directory,
    lab,
    proxyAddress,
    clusterConfigPath,
    agentConfigPath,
    tokenPath: join(directory, 'token'),
    environment,
    authorityPem,
    async run(program, args, runOptions = {}) {
      const { person, ...rest } = runOptions
      await mkdir(join(directory, 'home', person ?? 'admin'), { recursive: true, mode: 0o700 })
      return await runCommand(programPath(program), args, { ...rest, environment: { ...environment(person), ...rest.environment } })
    },
    startCluster: () => start(clusterConfigPath, {}),
    async startAgent() {
      // The guide's proxies have certificates of a public authority; here that authority is named by SSL_CERT_FILE.
      const trusted = join(directory, 'cluster', 'admin', 'ca.pem')
      const daemon = await start(agentConfigPath, { ...lab.environment, SSL_CERT_FILE: trusted })
      await daemon.says('control channel open')
      return daemon
    },
    async signUp(name, inviteUrl) {
      return { name, authenticator: await signUp(inviteUrl, password, await authorityPem()) }
    },
    [Symbol.asyncDispose]: () => lifetime.disposeAsync(),
  }
}

/** A cluster on loopback with its data in `directory`/cluster. */
export function clusterConfiguration(options: {
  readonly clusterName: string
  readonly directory: string
  readonly proxyPort: number
  readonly authPort: number
}): string {
  return `version: v3
teleport:
  nodename: localhost
  data_dir: ${join(options.directory, 'cluster')}
auth_service:
  enabled: "yes"
  cluster_name: ${options.clusterName}
  listen_addr: 127.0.0.1:${options.authPort}
proxy_service:
  enabled: "yes"
  web_listen_addr: 127.0.0.1:${options.proxyPort}
  public_addr: localhost:${options.proxyPort}
ssh_service:
  enabled: "no"
`
}

/** `teleport db configure create` of the guide's step 2, as typed here. */
export function databaseConfigurationCommand(
  stage: Pick<Stage, 'lab' | 'agentConfigPath' | 'proxyAddress' | 'tokenPath' | 'directory'>,
  databaseName: string,
): readonly string[] {
  const { redshift, aws } = stage.lab
  return [
    'db',
    'configure',
    'create',
    '-o',
    `file://${stage.agentConfigPath}`,
    `--name=${databaseName}`,
    `--proxy=${stage.proxyAddress}`,
    '--protocol=postgres',
    `--token=${stage.tokenPath}`,
    `--uri=${redshift.host}:${redshift.port}`,
    // What the name of a real cluster tells by itself, and where the data of a second service on this machine goes:
    `--aws-region=${aws.region}`,
    `--aws-account-id=${aws.accountId}`,
    `--aws-redshift-cluster-id=${redshift.clusterId}`,
    `--ca-cert-file=${redshift.caFile}`,
    `--data-dir=${stage.directory}/agent`,
  ]
}

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject)
          server.listen(0, '127.0.0.1', () => {
            const address = server.address()
            resolve(address !== null && typeof address === 'object' ? address.port : 0)
          })
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

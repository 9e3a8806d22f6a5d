/** The whole chain as people run it: `tsh proxy db --tunnel`, the cluster and the Database Service, each its own process. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand, startDaemon, type Daemon } from '../lab/stage/program.ts'
import { signUp } from '../lab/stage/sign-up.ts'
import { clusterConfiguration, freePorts } from '../lab/stage/stage.ts'
import { openAwsStandIn } from './aws-stand-in.ts'
import { databaseName, databaseUser, type BenchPostgres } from './bench-postgres.ts'
import type { Target } from './target.ts'

const password = 'correct horse battery staple'

export interface Chain extends Target {
  readonly ports: readonly number[]
}

export interface ChainOptions {
  /** `tsh` processes, each with a port of its own; the first is the one measured. */
  readonly tunnels: number
  /** Where profiles of the processes go, if anywhere. */
  readonly profileDirectory?: string | undefined
}

/** The programs run from their sources, so that what is measured is what is in the checkout. */
export async function openChain(postgres: BenchPostgres, options: ChainOptions): Promise<Chain> {
  await using opened = new AsyncDisposableStack()
  const directory = join(postgres.directory, `chain-${process.pid}`)
  await mkdir(join(directory, 'home'), { recursive: true, mode: 0o700 })
  opened.defer(() => rm(directory, { recursive: true, force: true }))
  const aws = opened.use(await openAwsStandIn())
  const [proxyPort = 0, authPort = 0] = await freePorts(2)
  const environment = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: join(directory, 'home'),
    USER: 'bench',
    LANG: 'C.UTF-8',
    TELEPORT_CONFIG_FILE: join(directory, 'cluster.yaml'),
  }
  const program = (name: 'teleport' | 'tctl' | 'tsh', args: readonly string[]): [string, string[]] => [
    process.execPath,
    [
      ...profiling(name, args, options.profileDirectory),
      fileURLToPath(new URL(`../src/programs/${name}/entry.ts`, import.meta.url)),
      ...args,
    ],
  ]
  const run = async (name: 'tctl' | 'tsh', args: readonly string[], input = ''): Promise<string> => {
    const outcome = await runCommand(...program(name, args), { environment, input })
    if (outcome.exitCode !== 0) throw new Error(`${name} ${args.join(' ')}: ${outcome.stderr}`)
    return outcome.stdout
  }
  const start = async (args: readonly string[], extra: Record<string, string>): Promise<Daemon> => {
    const daemon = opened.use(startDaemon(...program('teleport', args), { ...environment, ...extra }))
    await daemon.says('teleport is ready')
    return daemon
  }
  await writeFile(
    environment.TELEPORT_CONFIG_FILE,
    clusterConfiguration({ clusterName: 'bench.portunus.internal', directory, proxyPort, authPort }),
  )
  const cluster = await start(['start', '-c', environment.TELEPORT_CONFIG_FILE], {})
  const authorityFile = join(directory, 'cluster', 'admin', 'ca.pem')
  const added = await run('tctl', ['users', 'add', '--roles=access', `--db-users=${databaseUser}`, `--db-names=${databaseName}`, 'bench'])
  const inviteUrl = /https:\/\/\S+\/web\/invite\/[0-9a-f]{32}/.exec(added)?.[0] ?? ''
  const authenticator = await signUp(inviteUrl, password, await readFile(authorityFile, 'utf8'))
  const token = await run('tctl', ['tokens', 'add', '--type=db', '--format=text'])
  const agentConfig = join(directory, 'agent.yaml')
  await writeFile(agentConfig, agentConfiguration({ directory, proxyPort, token: token.trim(), postgres }))
  const agent = await start(['start', '-c', agentConfig], { ...aws.environment, SSL_CERT_FILE: authorityFile })
  await agent.says('control channel open')
  const pin = /sha256:[0-9a-f]{64}/.exec(await run('tctl', ['status']))?.[0] ?? ''
  await run(
    'tsh',
    ['login', `--proxy=localhost:${proxyPort}`, '--user=bench', `--ca-pin=${pin}`],
    `${password}\n${await authenticator.nextCode()}\n`,
  )
  const tunnels: { readonly pid: number; readonly port: number }[] = []
  for (let count = 0; count < options.tunnels; count++) {
    const args = ['proxy', 'db', '--tunnel', `--db-user=${databaseUser}`, `--db-name=${databaseName}`, 'bench']
    const daemon = opened.use(startDaemon(...program('tsh', args), environment))
    await daemon.says('Started')
    tunnels.push({ pid: daemon.pid, port: Number(/(?:localhost|127\.0\.0\.1):(\d+)/.exec(daemon.output())?.[1]) })
  }
  const lifetime = opened.move()
  return {
    name: 'chain',
    ports: tunnels.map(({ port }) => port),
    environment: { PGPORT: String(tunnels[0]?.port), PGSSLMODE: 'disable' },
    processes: { tsh: tunnels[0]?.pid ?? 0, proxy: cluster.pid, agent: agent.pid },
    [Symbol.asyncDispose]: () => lifetime.disposeAsync(),
  }
}

function profiling(name: string, args: readonly string[], directory: string | undefined): readonly string[] {
  const isDaemon = args[0] === 'start' || args[0] === 'proxy'
  return directory === undefined || !isDaemon ? [] : ['--cpu-prof', `--cpu-prof-dir=${directory}`, `--title=${name}`]
}

interface AgentConfigurationOptions {
  readonly directory: string
  readonly proxyPort: number
  readonly token: string
  readonly postgres: BenchPostgres
}

function agentConfiguration({ directory, proxyPort, token, postgres }: AgentConfigurationOptions): string {
  return `version: v3
teleport:
  nodename: localhost
  data_dir: ${join(directory, 'agent')}
  proxy_server: localhost:${proxyPort}
  auth_token: ${token}
auth_service:
  enabled: "no"
proxy_service:
  enabled: "no"
ssh_service:
  enabled: "no"
db_service:
  enabled: "yes"
  databases:
    - name: bench
      protocol: postgres
      uri: localhost:${postgres.port}
      tls:
        ca_cert_file: ${postgres.caFile}
      aws:
        region: us-east-1
        account_id: "123456789012"
        redshift:
          cluster_id: bench
`
}

/** An authority behind a real TLS port on loopback, and a machine on which tctl is typed. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openSqliteAuditStore } from '#audit-log'
import { openAuthority, type Authority } from '#authority'
import { authorityAlpn, type AuthorityClient, type Peer } from '#authority-api'
import type { HostRole } from '#certificates'
import { PortunusError, Secret, type Files, type Log, type Terminal } from '#foundation'
import { openSqliteStore } from '#storage'
import {
  httpsJson,
  nodeFiles,
  nodeNetwork,
  nodeRandomness,
  nodeTls,
  openHttp2Client,
  openHttpServer,
  presentedChain,
  runChild,
} from '#world'
import { SteppedClock } from '../../../../test/worlds/stepped-clock.ts'
import { runTctl } from '../main.ts'

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
export const hostId = '00000000-0000-4000-8000-000000000001'
export const clusterName = 'test.example.com'

export interface Said {
  readonly answer: string
  readonly told: string
  readonly exit: number
}

export interface TctlCluster extends AsyncDisposable {
  readonly authority: Authority
  readonly clock: SteppedClock
  readonly address: { readonly host: string; readonly port: number }
  /** The machine's directory: `data`, `home` and `teleport.yaml` are in it. */
  readonly directory: string
  host(role: HostRole): Promise<AuthorityClient>
  /** Types `tctl` with these arguments, with the configuration file of the cluster. */
  readonly tctl: (...args: string[]) => Promise<Said>
  /** The same, with nothing but these arguments and this environment. */
  tctlPlain(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Said>
  /** The same, with something piped into it. */
  readonly tctlFed: (input: string, ...args: string[]) => Promise<Said>
  /** The same, by somebody who may not read the files of this name. */
  tctlWithoutPermission(name: string, args: readonly string[]): Promise<Said>
}

export async function openTctlCluster(): Promise<TctlCluster> {
  await using opened = new AsyncDisposableStack()
  // TLS looks at the machine's clock, so the cluster lives now.
  const clock = new SteppedClock(new Date())
  const directory = await mkdtemp(join(tmpdir(), 'portunus-tctl-'))
  opened.defer(() => rm(directory, { recursive: true, force: true }))
  const store = opened.use(await openSqliteStore({ path: ':memory:', clock }))
  const auditStore = opened.use(await openSqliteAuditStore({ path: ':memory:', clock }))
  const authority = await openAuthority({
    store,
    auditStore,
    clock,
    randomness: nodeRandomness,
    log: silent,
    configuration: { clusterName, version: '1.2.3', publicAddresses: [] },
    secretKey: new Secret(new Uint8Array(32).fill(1)),
  })
  const { listener, server } = await listen(authority)
  opened.use(server)
  opened.use(listener)
  await writeMachine(authority, directory, listener.address.port)
  const tctlPlain = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Said> =>
    runOn({ clock, home: join(directory, 'home'), environment, args, files: nodeFiles })
  const lifetime = opened.move()
  return {
    authority,
    clock,
    address: listener.address,
    directory,
    async host(role) {
      const { identity } = await authority.issueLocalHost({ roles: [role], hostname: role.toLowerCase(), hostId })
      return authority.clientFor({ identity, remoteAddress: 'local' })
    },
    tctl: (...args) => tctlPlain(['-c', join(directory, 'teleport.yaml'), ...args]),
    tctlPlain,
    tctlFed: (input, ...args) =>
      runOn({
        clock,
        home: join(directory, 'home'),
        environment: {},
        args: ['-c', join(directory, 'teleport.yaml'), ...args],
        files: nodeFiles,
        input,
      }),
    tctlWithoutPermission: (name, args) =>
      runOn({ clock, home: join(directory, 'home'), environment: {}, args, files: withoutPermission(name) }),
    [Symbol.asyncDispose]: () => lifetime.disposeAsync(),
  }
}

async function listen(authority: Authority) {
  const own = await authority.issueLocalHost({ roles: ['Auth'], hostname: 'h', hostId })
  const keyPair = { certificatePem: own.certificatePem, privateKeyPem: own.privateKeyPem.reveal() }
  const acceptor = nodeTls.acceptor({
    identity: () => keyPair,
    clientAuthoritiesPem: () => [...authority.trustedAuthorities().host, ...authority.trustedAuthorities().user],
    alpn: [authorityAlpn],
  })
  const server = openHttpServer((request: Request, peer: { readonly peer: Peer }) => authority.app.fetch(request, peer))
  const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, (connection) => {
    acceptor.accept(connection).then(
      (secure) => {
        if (secure.peerCertificate === undefined) secure.stream.destroy()
        else server.serve(secure, { peer: authority.peerOf(secure.peerCertificate, connection.remoteAddress) })
      },
      () => connection.stream.destroy(),
    )
  })
  return { listener, server }
}

/** What the Auth Service leaves on its host. */
async function writeMachine(authority: Authority, directory: string, port: number): Promise<void> {
  const data = join(directory, 'data')
  const admin = await authority.issueLocalHost({ roles: ['Admin'], hostname: 'h', hostId })
  await nodeFiles.writeText(join(data, 'host_uuid'), hostId)
  await nodeFiles.writeText(join(data, 'admin', 'identity.crt'), admin.certificatePem)
  await nodeFiles.writeText(join(data, 'admin', 'identity.key'), admin.privateKeyPem.reveal())
  await nodeFiles.writeText(join(data, 'admin', 'ca.pem'), authority.trustedAuthorities().host.join('\n'))
  const yaml = ['version: v3', 'teleport:', `  data_dir: ${data}`, 'auth_service:', '  enabled: "yes"', `  listen_addr: 127.0.0.1:${port}`]
  await nodeFiles.writeText(join(directory, 'teleport.yaml'), `${yaml.join('\n')}\n`)
}

function withoutPermission(name: string): Files {
  const refuse = (path: string): void => {
    if (path.endsWith(`/${name}`)) {
      throw new PortunusError('FILE_ACCESS_DENIED', `Cannot read "${path}": permission denied`, { category: 'access-denied' })
    }
  }
  return {
    ...nodeFiles,
    async readTextIfPresent(path) {
      refuse(path)
      return await nodeFiles.readTextIfPresent(path)
    },
    async readText(path) {
      refuse(path)
      return await nodeFiles.readText(path)
    },
  }
}

interface Machine {
  readonly files: Files
  readonly clock: SteppedClock
  readonly home: string
  readonly environment: Readonly<Record<string, string>>
  readonly args: readonly string[]
  /** What is piped into the program. */
  readonly input?: string
}

async function runOn({ clock, home, environment, args, files, input = '' }: Machine): Promise<Said> {
  const answers: string[] = []
  const tells: string[] = []
  const terminal: Terminal = {
    isInteractive: false,
    columns: undefined,
    answer: (text) => void answers.push(text),
    tell: (text) => void tells.push(text),
    prompt: () => Promise.reject(new Error('tctl asks nobody')),
  }
  const exit = await runTctl(args, {
    version: '1.2.3',
    terminal,
    environment,
    homeDirectory: home,
    isRoot: true,
    workingDirectory: dirname(home),
    readInput: async () => input,
    runChild,
    client: { clock, files, network: nodeNetwork, tls: nodeTls, log: silent, openHttp2Client, httpsJson, presentedChain },
  })
  return { answer: answers.join('\n'), told: tells.join('\n').trimEnd(), exit }
}

/** The Proxy Service in this process: one listening port, the web application, and the word of its address to the cluster. */
import { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { auditEvent } from '#audit-events'
import type { Authority } from '#authority'
import { openRevocationView } from '#authority-api'
import { generateKeyPair } from '#certificates'
import { PortunusError, messageOf, type Address, type KeyPairPem, type Listener, type Log } from '#foundation'
import { createWebApplication, openProxy, type Proxy } from '#proxy'
import { nodeClock, nodeFiles, nodeNetwork, nodeRandomness, nodeTls, openHttp2Client, openHttpServer, openPackageArchive } from '#world'
import type { AuthorityService } from './authority-service.ts'
import type { HostCredentials } from './credentials.ts'
import { readWebAssets } from './web-assets.ts'

export interface ProxyServiceOptions {
  readonly authorityService: AuthorityService
  readonly clusterName: string
  readonly version: string
  readonly listenAddress: Address
  readonly publicAddresses: readonly string[]
  readonly nodename: string
  readonly httpsKeyPairs: readonly { readonly certificateFile: string; readonly keyFile: string }[]
  /** Where the programs, their bundles and the web UI are. */
  readonly packageDirectory: string
  readonly log: Log
}

export interface ProxyService extends AsyncDisposable {
  readonly proxy: Proxy
  readonly address: Address
  readonly publicAddress: string
}

const announceMilliseconds = 300_000

export async function startProxyService(options: ProxyServiceOptions): Promise<ProxyService> {
  const { authorityService, log } = options
  const credentials = await authorityService.localHost(['Proxy'])
  const client = authorityService.authority.clientFor({ identity: credentials.identity, remoteAddress: 'local' })
  await using opened = new AsyncDisposableStack()
  let accept: Proxy['accept'] = (connection) => void connection.stream.destroy()
  // The port is bound first: it may be 0 in tests, and the address is part of certificates and links.
  const listener: Listener = opened.use(await nodeNetwork.listen(options.listenAddress, (connection) => accept(connection)))
  const publicAddress = options.publicAddresses[0] ?? `${publicHost(options)}:${listener.address.port}`
  const webKeyPair = await webCertificate(options, authorityService.authority, publicAddress)
  const packages = openPackageArchive(options.packageDirectory)
  if (packages !== undefined) opened.use(packages)
  const web = createWebApplication({
    authority: client,
    assets: await readWebAssets(join(options.packageDirectory, 'dist', 'web'), nodeFiles),
    isSelfMade: options.httpsKeyPairs.length === 0,
    packages,
    publicAddress,
    version: options.version,
    clock: nodeClock,
    log,
  })
  const revocations = opened.use(openRevocationView({ authority: client, clock: nodeClock, randomness: nodeRandomness, log }))
  const proxy = opened.use(
    openProxy({
      clusterName: options.clusterName,
      authority: client,
      revocations,
      handToAuthority: (connection) => authorityService.accept(connection),
      credentials: { ...credentialsOf(credentials), web: () => webKeyPair },
      webHandler: (request, environment) => web.fetch(request, environment),
      generateKeyPair,
      serveHttp: openHttpServer,
      openControlClient: openHttp2Client,
      tls: nodeTls,
      clock: nodeClock,
      randomness: nodeRandomness,
      log,
      async audit(body) {
        const event = auditEvent(body, { uid: nodeRandomness.uuid(), time: nodeClock.now(), clusterName: options.clusterName })
        await client.appendAuditEvents({ events: [event] })
      },
    }),
  )
  accept = (connection) => proxy.accept(connection)
  opened.use(announceRegularly(() => client.upsertProxy({ publicAddress }), log))
  log.info('proxy service listens', { address: `${listener.address.host}:${listener.address.port}`, public_address: publicAddress })
  const lifetime = opened.move()
  return { proxy, address: listener.address, publicAddress, [Symbol.asyncDispose]: () => lifetime.disposeAsync() }
}

function credentialsOf(credentials: HostCredentials) {
  const { keyPair, hostAuthoritiesPem, userAuthoritiesPem } = credentials
  return { host: keyPair, hostAuthoritiesPem, userAuthoritiesPem }
}

/** A proxy that listens on loopback only is reached as localhost. */
function publicHost(options: ProxyServiceOptions): string {
  const { host } = options.listenAddress
  if (host === '127.0.0.1' || host === '::1' || host === 'localhost') return 'localhost'
  return host === '0.0.0.0' || host === '::' ? options.nodename : host
}

function announceRegularly(announce: () => Promise<unknown>, log: Log): AsyncDisposable {
  const stopping = new AbortController()
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await announce().catch((error: unknown) => log.warn('proxy not announced', { error: messageOf(error) }))
      await nodeClock.sleep(announceMilliseconds, { signal: stopping.signal }).catch(() => {})
    }
  }
  const running = loop()
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}

/** The configured certificate, or one of our own: signed by the host authority, so that `--ca-pin` can vouch for it. */
async function webCertificate(options: ProxyServiceOptions, authority: Authority, publicAddress: string): Promise<KeyPairPem> {
  const [configured] = options.httpsKeyPairs
  if (configured !== undefined) return await readKeyPair(configured)
  const hosts = [publicAddress, ...options.publicAddresses].map((address) => address.replace(/:\d+$/, ''))
  const isIp = (host: string): boolean => /^[\d.]+$/.test(host) || host.includes(':')
  const listen = options.listenAddress.host
  const dnsNames = [...new Set(['localhost', options.nodename, ...hosts.filter((host) => !isIp(host))])].filter(isDnsName)
  const ipAddresses = [
    ...new Set(['127.0.0.1', '::1', ...hosts.filter(isIp), ...(isIp(listen) && listen !== '0.0.0.0' && listen !== '::' ? [listen] : [])]),
  ]
  const issued = await authority.webCertificate({ dnsNames, ipAddresses })
  return { certificatePem: issued.certificatePem, privateKeyPem: issued.privateKeyPem.reveal() }
}

function isDnsName(text: string): boolean {
  return /^(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text)
}

async function readKeyPair(files: { readonly certificateFile: string; readonly keyFile: string }): Promise<KeyPairPem> {
  const certificatePem = await nodeFiles.readText(files.certificateFile)
  const privateKeyPem = await nodeFiles.readText(files.keyFile)
  try {
    nodeTls.acceptor({ identity: () => ({ certificatePem, privateKeyPem }) })
    if (new X509Certificate(certificatePem).validToDate < nodeClock.now()) throw new Error('the certificate has expired')
  } catch (error) {
    throw new PortunusError('WEB_CERTIFICATE_REFUSED', `Cannot use the web certificate "${files.certificateFile}": ${messageOf(error)}`, {
      category: 'bad-input',
      cause: error,
      hint: 'check proxy_service.https_keypairs: cert_file and key_file must be PEM files that belong together',
    })
  }
  return { certificatePem, privateKeyPem }
}

/** A small server that speaks PostgreSQL inside TLS, for the tests of how the agent logs in: it says what the test wants. */
import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { createCertificateAuthority, generateKeyPair, issueCertificate } from '#certificates'
import type { Address, KeyPairPem } from '#foundation'
import { readStartupPacket, type StartupPacket } from '#postgres-protocol'
import { nodeNetwork, nodeTls } from '#world'

export interface TestServerOptions {
  /** What is answered to SSLRequest; `S` alone opens TLS. */
  readonly sslAnswer?: Uint8Array | 'close' | 'silence'
  /** Runs inside TLS after the packet that the client begins with. */
  readonly converse?: (stream: Duplex, packet: StartupPacket) => void | Promise<void>
  /** `localhost` unless told. */
  readonly dnsNames?: readonly string[]
  readonly ipAddresses?: readonly string[]
}

export interface TestServer extends AsyncDisposable {
  readonly address: Address
  readonly authorityPem: string
  /** All that came in clear after SSLRequest, of all connections. */
  readonly clearBytes: () => Buffer
  /** The packets that began conversations inside TLS. */
  readonly packets: readonly StartupPacket[]
}

export async function openTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { authorityPem, keyPair } = await serverCredential(options)
  const clear: Buffer[] = []
  const packets: StartupPacket[] = []
  const acceptor = nodeTls.acceptor({ identity: () => keyPair })
  const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, (connection) => {
    const { stream } = connection
    const serve = async (): Promise<void> => {
      await readPacket(stream)
      const answer = options.sslAnswer ?? Buffer.from('S')
      if (answer === 'close') return void stream.end()
      if (answer !== 'silence') stream.write(answer)
      if (answer === 'silence' || Buffer.from(answer).toString('latin1') !== 'S') {
        stream.on('data', (chunk: Buffer) => clear.push(chunk))
        return
      }
      const secure = await acceptor.accept(connection)
      const packet = await readPacket(secure.stream)
      packets.push(packet)
      await options.converse?.(secure.stream, packet)
    }
    serve().catch(() => stream.destroy())
  })
  return {
    address: { host: 'localhost', port: listener.address.port },
    authorityPem,
    clearBytes: () => Buffer.concat(clear),
    packets,
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  }
}

async function readPacket(stream: Duplex): Promise<StartupPacket> {
  let bytes = Buffer.alloc(0)
  for (;;) {
    const chunk: unknown = stream.read()
    if (chunk instanceof Uint8Array) bytes = Buffer.concat([bytes, chunk])
    const read = readStartupPacket(bytes)
    if (read.kind === 'malformed') throw new Error(read.reason)
    if (read.kind === 'packet') {
      if (read.rest.length > 0) stream.unshift(read.rest)
      return read.packet
    }
    await new Promise<void>((resolve, reject) => {
      stream.once('readable', resolve)
      stream.once('close', () => reject(new Error('closed')))
    })
  }
}

const hoursFromNow = (hours: number): Date => new Date(Date.now() + hours * 3_600_000)

async function serverCredential(options: TestServerOptions): Promise<{ readonly authorityPem: string; readonly keyPair: KeyPairPem }> {
  const validity = { notBefore: hoursFromNow(-1), notAfter: hoursFromNow(1) }
  const authority = await createCertificateAuthority({ type: 'db', cluster: 'database', ...validity, serial: randomBytes(16) })
  const { privateKeyPem, publicKeyPem } = await generateKeyPair()
  const certificatePem = await issueCertificate({
    authority,
    publicKeyPem,
    commonName: 'localhost',
    dnsNames: options.dnsNames ?? ['localhost'],
    ipAddresses: options.ipAddresses ?? [],
    ...validity,
    serial: randomBytes(16),
    usages: ['server'],
  })
  return { authorityPem: authority.certificatePem, keyPair: { certificatePem, privateKeyPem } }
}

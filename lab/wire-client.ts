/** A bare PostgreSQL client for tests that must see the messages themselves: TLS, cleartext or md5 password, simple queries. */
import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { readExactly } from './redshift/read.ts'
import { int32, writeMessage, writeStartup } from './redshift/wire.ts'

export interface ServerMessage {
  readonly type: string
  readonly body: Buffer
}

export interface WireClient extends AsyncDisposable {
  /** As the server told them before it was ready. */
  readonly parameters: ReadonlyMap<string, string>
  /** All messages of the answer, ReadyForQuery included. */
  query(sql: string): Promise<readonly ServerMessage[]>
}

export interface WireClientAddress {
  readonly host: string
  readonly port: number
  readonly caPem: string
}

/** `startup` holds the startup parameters and the password. Throws with the server's text when it refuses. */
export async function startWireClient(address: WireClientAddress, startup: Readonly<Record<string, string>>): Promise<WireClient> {
  const { password = '', ...parameters } = startup
  const stream = await openTls(address)
  stream.write(writeStartup(new Map(Object.entries(parameters))))
  const told = new Map<string, string>()
  for (;;) {
    const message = await readServerMessage(stream)
    if (message.type === 'E') throw new Error(`refused: ${message.body.toString()}`)
    if (message.type === 'R') answerPasswordRequest(stream, message, { user: parameters['user'] ?? '', password })
    if (message.type === 'S') {
      const [name = '', value = ''] = message.body.toString().split('\0')
      told.set(name, value)
    }
    if (message.type === 'Z') break
  }
  return {
    parameters: told,
    query: async (sql) => {
      stream.write(writeMessage('Q', sql))
      return readUntilReady(stream)
    },
    [Symbol.asyncDispose]: async () => {
      stream.end(writeMessage('X'))
      stream.resume()
      await new Promise((resolve) => stream.once('close', resolve))
    },
  }
}

async function openTls({ host, port, caPem }: WireClientAddress): Promise<TLSSocket> {
  const socket = connect(port, host)
  socket.write(Buffer.concat([int32(8), int32(80_877_103)]))
  const answer = await readExactly(socket, 1)
  if (answer?.toString() !== 'S') throw new Error('the server speaks no TLS')
  const stream = connectTls({ socket, ca: caPem, servername: host })
  await new Promise((resolve, reject) => {
    stream.once('secureConnect', resolve)
    stream.once('error', reject)
  })
  return stream
}

function answerPasswordRequest(
  stream: TLSSocket,
  message: ServerMessage,
  login: { readonly user: string; readonly password: string },
): void {
  const code = message.body.readInt32BE(0)
  const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')
  if (code === 3) stream.write(writeMessage('p', login.password))
  if (code === 5) {
    const inner = md5(Buffer.from(login.password + login.user))
    stream.write(writeMessage('p', `md5${md5(Buffer.concat([Buffer.from(inner), message.body.subarray(4)]))}`))
  }
}

async function readUntilReady(stream: TLSSocket): Promise<readonly ServerMessage[]> {
  const messages: ServerMessage[] = []
  while (messages.at(-1)?.type !== 'Z') messages.push(await readServerMessage(stream))
  return messages
}

async function readServerMessage(stream: TLSSocket): Promise<ServerMessage> {
  const head = await readExactly(stream, 5)
  if (head === undefined) throw new Error('the server hung up')
  const length = head.readUInt32BE(1) - 4
  const body = length === 0 ? Buffer.alloc(0) : await readExactly(stream, length)
  if (body === undefined) throw new Error('the server hung up')
  return { type: head.toString('latin1', 0, 1), body }
}

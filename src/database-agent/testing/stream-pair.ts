/** Two ends of a connection for the tests of this room: over TCP on loopback, or in memory. */
import { memoryPair, nodeNetwork } from '#world'
import type { Duplex } from 'node:stream'
import type { Connection } from '#foundation'

export interface StreamPair {
  /** The end that the tested code is given. */
  readonly near: Duplex
  /** The end that the test holds. */
  readonly far: Duplex
}

export type OpenStreamPair = () => Promise<StreamPair>

export const inMemory: OpenStreamPair = async () => {
  const [near, far] = memoryPair('memory')
  return { near: near.stream, far: far.stream }
}

export const overTcp: OpenStreamPair = async () => {
  const accepted = Promise.withResolvers<Connection>()
  const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, accepted.resolve)
  const { stream: far } = await nodeNetwork.dial(listener.address)
  const { stream: near } = await accepted.promise
  far.on('error', () => {})
  // The listener goes with its connections, so it must stay until they are gone.
  near.once('close', () => void listener[Symbol.asyncDispose]())
  return { near, far }
}

/** Everything that comes until the stream has ended; an error is an end. */
export async function readAll(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  await new Promise<void>((resolve) => {
    stream.once('end', resolve)
    stream.once('close', resolve)
  })
  return Buffer.concat(chunks)
}

/** The next bytes until there are as many as wanted. */
export async function readBytes(stream: Duplex, lengthBytes: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0)
  while (bytes.length < lengthBytes) {
    const chunk: unknown = stream.read()
    if (chunk instanceof Uint8Array) bytes = Buffer.concat([bytes, chunk])
    else
      await new Promise<void>((resolve, reject) => {
        stream.once('readable', resolve)
        stream.once('close', () => reject(new Error(`closed after ${bytes.length} bytes: ${bytes.toString('latin1')}`)))
      })
  }
  return bytes
}

/** Lets everything that is under way inside this process arrive. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve))
}

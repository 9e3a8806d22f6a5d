/** A client that says as little as the protocol allows, for measuring many of them, or slow ones. */
import { connect, type Socket } from 'node:net'
import { databaseName, databaseUser } from './bench-postgres.ts'

const readyForQuery = 0x5a
const errorResponse = 0x45

/** Opens a session without TLS and resolves when the server is ready for queries. */
export function openPlainSession(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true })
    let bytes = Buffer.alloc(0)
    const fail = (error: Error): void => {
      socket.destroy()
      reject(error)
    }
    const closed = (): void => fail(new Error('closed before it was ready'))
    const read = (chunk: Buffer): void => {
      bytes = Buffer.concat([bytes, chunk])
      for (let offset = 0; offset + 5 <= bytes.length; offset += 1 + bytes.readUInt32BE(offset + 1)) {
        if (bytes[offset] === errorResponse) return fail(new Error(bytes.subarray(offset + 5).toString()))
        if (bytes[offset] !== readyForQuery) continue
        socket.removeListener('data', read)
        socket.removeListener('close', closed)
        socket.removeListener('error', fail)
        socket.on('error', () => {})
        socket.pause()
        resolve(socket)
      }
    }
    socket.on('data', read)
    socket.once('close', closed)
    socket.once('error', fail)
    socket.once('connect', () => socket.write(startup()))
  })
}

function startup(): Buffer {
  const body = Buffer.from(`user\0${databaseUser}\0database\0${databaseName}\0\0`)
  const head = Buffer.alloc(8)
  head.writeUInt32BE(8 + body.length, 0)
  head.writeUInt32BE(0x0003_0000, 4)
  return Buffer.concat([head, body])
}

export function query(sql: string): Buffer {
  const body = Buffer.from(`${sql}\0`)
  const head = Buffer.alloc(5)
  head.write('Q')
  head.writeUInt32BE(4 + body.length, 1)
  return Buffer.concat([head, body])
}

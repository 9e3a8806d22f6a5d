/** Reading exact amounts from a stream that is not flowing, so that what follows stays in it for whoever comes next. */
import type { Readable } from 'node:stream'

/** The bytes, or undefined when the stream ends before there are enough. */
export async function readExactly(stream: Readable, length: number): Promise<Buffer | undefined> {
  for (;;) {
    if (stream.destroyed) return undefined
    const bytes: unknown = stream.read(length)
    if (Buffer.isBuffer(bytes)) return bytes.length === length ? bytes : undefined
    if (stream.readableEnded) return undefined
    await nextChange(stream)
  }
}

/** A packet that begins with its own length, that length included; undefined when it ends early or is out of bounds. */
export async function readPacket(stream: Readable, bytesMax: number): Promise<Buffer | undefined> {
  const head = await readExactly(stream, 4)
  const length = head?.readUInt32BE(0)
  if (head === undefined || length === undefined || length < 8 || length > bytesMax) return undefined
  const rest = await readExactly(stream, length - 4)
  return rest === undefined ? undefined : Buffer.concat([head, rest])
}

/** A message with a type byte; undefined when it ends early, is out of bounds or of another type. */
export async function readMessage(
  stream: Readable,
  options: { readonly type: string; readonly bytesMax: number },
): Promise<Buffer | undefined> {
  const head = await readExactly(stream, 5)
  const length = head?.readUInt32BE(1)
  if (head === undefined || length === undefined || length < 4 || length > options.bytesMax) return undefined
  if (head.toString('latin1', 0, 1) !== options.type) return undefined
  return length === 4 ? Buffer.alloc(0) : readExactly(stream, length - 4)
}

function nextChange(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    const events = ['readable', 'end', 'close', 'error'] as const
    const settle = () => {
      for (const event of events) stream.off(event, settle)
      resolve()
    }
    for (const event of events) stream.once(event, settle)
  })
}

/**
 * Buffers that bytes are read into are garbage as soon as the bytes have been passed on, but V8 lets some 64 MiB of them pile
 * up before it looks. Here it is asked to look earlier, which costs little: the young generation of a relay is small.
 */
import type { Duplex } from 'node:stream'
import v8 from 'node:v8'
import vm from 'node:vm'

const bytesBetweenLooks = 8 * 1024 * 1024

let bytesRead = 0
let collect: (() => void) | undefined

/** Counts what is read from the stream; all streams together decide when to collect. */
export function tidyWhileReading(stream: Duplex): void {
  const push = stream.push.bind(stream)
  stream.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk instanceof Uint8Array) count(chunk.length)
    return push(chunk, encoding)
  }
}

function count(bytes: number): void {
  bytesRead += bytes
  if (bytesRead < bytesBetweenLooks) return
  bytesRead = 0
  collect ??= findCollector()
  collect()
}

/** The collector is shown to new contexts only while the flag is set; ours keeps it for itself. */
function findCollector(): () => void {
  v8.setFlagsFromString('--expose-gc')
  const found: unknown = vm.runInNewContext('gc')
  v8.setFlagsFromString('--no-expose-gc')
  return typeof found === 'function' ? () => void found({ type: 'minor' }) : () => {}
}

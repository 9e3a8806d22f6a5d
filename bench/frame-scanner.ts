/** How fast the audit reads along: DataRows of 200 bytes through the statement assembler's backend side, in chunks of 64 KiB. */
import { createHash } from 'node:crypto'
import { createStatementAssembler } from '#postgres-protocol'

const rowBytes = 200
const chunkBytes = 65_536
const roundBytes = 4 * 1024 ** 3
const rounds = 5

const assembler = createStatementAssembler({
  sqlBytesMax: 65_536,
  parametersBytesMax: 65_536,
  preparedBytesMax: 1024 ** 2,
  createHash() {
    const hash = createHash('sha256')
    return { update: (bytes) => void hash.update(bytes), digestHex: () => hash.digest('hex') }
  },
  now: () => performance.now(),
  onBegun: () => {},
  onFinished: ({ rows }) => console.log(`${rows} rows`),
  onSurprise: ({ reason }) => console.log(`surprise: ${reason}`),
})

/** A run of rows long enough that every chunk cuts it elsewhere, and whole so that it can be repeated. */
function rowStream(): Uint8Array {
  const stream = new Uint8Array(rowBytes * chunkBytes)
  const view = new DataView(stream.buffer)
  for (let offset = 0; offset < stream.length; offset += rowBytes) {
    stream[offset] = 0x44
    view.setUint32(offset + 1, rowBytes - 1)
  }
  return stream
}

const stream = rowStream()
const chunks = Array.from({ length: stream.length / chunkBytes }, (_, index) =>
  stream.subarray(index * chunkBytes, (index + 1) * chunkBytes),
)
assembler.frontend(new Uint8Array([0x51, 0, 0, 0, 5, 0]))
for (let round = 0; round < rounds; round++) {
  const startedAt = performance.now()
  const heapBefore = process.memoryUsage().heapUsed
  let bytes = 0
  while (bytes < roundBytes) {
    for (const chunk of chunks) assembler.backend(chunk)
    bytes += stream.length
  }
  const seconds = (performance.now() - startedAt) / 1000
  const grownMiB = (process.memoryUsage().heapUsed - heapBefore) / 1024 ** 2
  console.log(`${(bytes / seconds / 1e9).toFixed(1)} GB/s, heap ${grownMiB >= 0 ? '+' : ''}${grownMiB.toFixed(2)} MiB`)
}
assembler.end()

/** What is piped into a program, as a whole and no longer than wanted. */
import { PortunusError } from '#foundation'

/** All of standard input as UTF-8. Throws INPUT_TOO_LARGE as soon as it is longer than `bytesMax`. */
export async function readStandardInput(options: { readonly bytesMax: number }): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > options.bytesMax) {
      throw new PortunusError('INPUT_TOO_LARGE', `Cannot read standard input: it is longer than ${options.bytesMax} bytes`, {
        category: 'limit-exceeded',
        hint: 'give it in smaller parts',
      })
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * How the journal's files are framed. What one flush writes is a group: a line `PJ1 <length in bytes> <checksum>` and that many bytes
 * of JSON lines. A group is whole or it is nothing, so a flush that a crash has torn leaves no half of itself.
 */
import { crc32 } from 'node:zlib'

const magic = 'PJ1'
const headerPattern = /^PJ1 (\d{1,10}) ([0-9a-f]{16})\n/
const headerBytesMax = 32
const lengthDigits = 10
const emptyHeader = `${magic} ${' '.repeat(lengthDigits)} ${' '.repeat(16)}\n`

export interface GroupsRead {
  /** Lines of each whole group. */
  readonly groups: readonly (readonly string[])[]
  /** Where the last whole group ends; what follows was torn. */
  readonly goodBytes: number
  /** Bytes between whole groups that are none: not torn but damaged. */
  readonly damagedBytes: number
}

export function encodeGroup(lines: readonly string[]): Uint8Array {
  // The header is written over blanks of its length, so that the whole group takes one buffer and is encoded once.
  const group = Buffer.from(`${emptyHeader}${lines.join('\n')}\n`)
  const body = group.subarray(emptyHeader.length)
  group.write(`${magic} ${String(body.length).padStart(lengthDigits, '0')} ${checksum(body)}`, 'latin1')
  return group
}

/** Reads all whole groups of a file. Never throws. */
export function readGroups(bytes: Uint8Array): GroupsRead {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const groups: (readonly string[])[] = []
  let goodBytes = 0
  let damagedBytes = 0
  let position = 0
  while (position < file.length) {
    const group = groupAt(file, position)
    if (group !== undefined) {
      groups.push(group.lines)
      damagedBytes += position - goodBytes
      goodBytes = group.end
    }
    const next = group?.end ?? file.indexOf(`${magic} `, position + 1, 'latin1')
    if (next === -1) break
    position = next
  }
  return { groups, goodBytes, damagedBytes }
}

function groupAt(file: Buffer, start: number): { readonly lines: readonly string[]; readonly end: number } | undefined {
  const [header, length, expected] = headerPattern.exec(file.toString('latin1', start, start + headerBytesMax)) ?? []
  if (header === undefined) return undefined
  const bodyStart = start + header.length
  const end = bodyStart + Number(length)
  if (end > file.length) return undefined
  const body = file.subarray(bodyStart, end)
  return checksum(body) === expected ? { lines: body.toString('utf8').trimEnd().split('\n'), end } : undefined
}

// Finds torn and damaged bytes; tampering is what the hash chain of the audit store is for.
function checksum(body: Uint8Array): string {
  return crc32(body).toString(16).padStart(16, '0')
}

/** The type bytes of messages (PostgreSQL manual, 54.7), and those that Amazon Redshift adds for compression. */

export const frontendTypes = {
  query: 0x51, // Q
  parse: 0x50, // P
  bind: 0x42, // B
  execute: 0x45, // E
  describe: 0x44, // D
  close: 0x43, // C
  flush: 0x48, // H
  sync: 0x53, // S
  functionCall: 0x46, // F
  copyData: 0x64, // d
  copyDone: 0x63, // c
  copyFail: 0x66, // f
  terminate: 0x58, // X
} as const

export const backendTypes = {
  parseComplete: 0x31, // 1
  bindComplete: 0x32, // 2
  closeComplete: 0x33, // 3
  notification: 0x41, // A
  commandComplete: 0x43, // C
  dataRow: 0x44, // D
  error: 0x45, // E
  emptyQuery: 0x49, // I
  backendKey: 0x4b, // K
  notice: 0x4e, // N
  noData: 0x6e, // n
  authentication: 0x52, // R
  parameterStatus: 0x53, // S
  portalSuspended: 0x73, // s
  rowDescription: 0x54, // T
  negotiateProtocolVersion: 0x76, // v
  functionResult: 0x56, // V
  readyForQuery: 0x5a, // Z
  copyData: 0x64, // d
  copyDone: 0x63, // c
} as const

const compressionTypes: ReadonlySet<number> = new Set([0x7a, 0x6b, 0x6d]) // z, k, m
const plausibleTypes: ReadonlySet<number> = new Set(
  [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'].map((letter) => letter.charCodeAt(0)),
)

/** Why no message of this type can be read, or undefined where one can. Types that are merely unknown are fine. */
export function refusalOfType(type: number): string | undefined {
  if (compressionTypes.has(type)) return `a compressed message of type "${String.fromCharCode(type)}"`
  if (!plausibleTypes.has(type)) return `a message of the impossible type 0x${type.toString(16).padStart(2, '0')}`
  return undefined
}

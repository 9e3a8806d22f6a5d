/**
 * The preface of a dial-back: 4 bytes `PTDB`, 1 byte version, 16 bytes dial id, 32 bytes HMAC-SHA-256 of all before it.
 * The key is exported from the TLS session of the control channel (RFC 8446, section 7.5), so only its two ends know it.
 */
import { createHmac } from 'node:crypto'
import { equalInConstantTime, type TlsConnection } from '#foundation'

const magic = new Uint8Array([0x50, 0x54, 0x44, 0x42])
const version = 1
const keyLabel = 'EXPORTER-portunus-dial-back'
const headLengthBytes = magic.length + 1
export const dialIdLengthBytes = 16
const signedLengthBytes = headLengthBytes + dialIdLengthBytes
export const dialBackPrefaceLengthBytes = signedLengthBytes + 32

/** The key both ends of a control channel derive. */
export function dialBackKey(controlChannel: Pick<TlsConnection, 'exportKeyingMaterial'>): Uint8Array {
  return controlChannel.exportKeyingMaterial(32, keyLabel)
}

/** Whether bytes read so far can only be a dial-back. */
export function startsDialBack(bytes: Uint8Array): boolean {
  return bytes.length >= magic.length && magic.every((byte, index) => bytes[index] === byte)
}

export function writeDialBackPreface(dialId: Uint8Array, key: Uint8Array): Uint8Array {
  const signed = new Uint8Array(signedLengthBytes)
  signed.set(magic)
  signed[magic.length] = version
  signed.set(dialId, headLengthBytes)
  const preface = new Uint8Array(dialBackPrefaceLengthBytes)
  preface.set(signed)
  preface.set(sign(signed, key), signedLengthBytes)
  return preface
}

/** The dial id of a preface; whether it is true is for `verifyDialBackPreface`. */
export function readDialId(preface: Uint8Array): Uint8Array | undefined {
  if (preface.length < dialBackPrefaceLengthBytes || preface[magic.length] !== version) return undefined
  return preface.slice(headLengthBytes, signedLengthBytes)
}

export function verifyDialBackPreface(preface: Uint8Array, key: Uint8Array): boolean {
  const signature = preface.subarray(signedLengthBytes, dialBackPrefaceLengthBytes)
  return equalInConstantTime(signature, sign(preface.subarray(0, signedLengthBytes), key))
}

function sign(bytes: Uint8Array, key: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac('sha256', key).update(bytes).digest())
}

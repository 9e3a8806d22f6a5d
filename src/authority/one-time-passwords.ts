/** One-time passwords of authenticator apps: TOTP (RFC 6238) with SHA-1, 6 digits, 30 seconds. It keeps no secret. */
import { Secret as OtpSecret, TOTP } from 'otpauth'
import type { Randomness, Secret } from '#foundation'

const secretBytes = 20
const digits = 6
const periodSeconds = 30
/** One step of clock difference in both directions. */
const windowSteps = 1

export function newOneTimePasswordSecret(randomness: Randomness): Uint8Array {
  return randomness.bytes(secretBytes)
}

/** The secret as people type it, and as authenticator apps scan it (Key Uri Format). */
export function enrolmentOf(
  secret: Uint8Array,
  options: { readonly clusterName: string; readonly account: string },
): { readonly otpSecret: string; readonly otpUri: string } {
  const totp = new TOTP({
    issuer: options.clusterName,
    label: options.account,
    algorithm: 'SHA1',
    digits,
    period: periodSeconds,
    secret: otpSecretOf(secret),
  })
  return { otpSecret: totp.secret.base32, otpUri: totp.toString() }
}

/** The step whose code this is, or undefined. Callers refuse a step that is not later than the last one they accepted. */
export function stepOfCode(code: Secret<string>, secret: Uint8Array, now: Date): number | undefined {
  const token = code.reveal().replaceAll(/\s/g, '')
  if (!/^\d{6}$/.test(token)) return undefined
  const timestamp = now.getTime()
  const difference = TOTP.validate({
    token,
    secret: otpSecretOf(secret),
    algorithm: 'SHA1',
    digits,
    period: periodSeconds,
    timestamp,
    window: windowSteps,
  })
  return difference === null ? undefined : TOTP.counter({ period: periodSeconds, timestamp }) + difference
}

function otpSecretOf(secret: Uint8Array): OtpSecret {
  return new OtpSecret({ buffer: new Uint8Array(secret).buffer })
}

/** What a person proves to be that person: the password's hash and the sealed secret of the second factor. */
import * as z from 'zod'
import type { Clock, Randomness, Secret } from '#foundation'
import type { Store } from '#storage'
import { openCollection } from './collection.ts'
import { stepOfCode } from './one-time-passwords.ts'
import { decoyHash, hashPassword, passwordMatches } from './passwords.ts'
import type { SealedBox } from './sealed-box.ts'

const record = z.object({
  passwordHash: z.string(),
  /** Bound to the user's name when sealed. */
  sealedOtpSecret: z.string(),
  /** The last step whose code was accepted; only later ones are. */
  lastOtpStep: z.int(),
})

type CredentialRecord = z.output<typeof record>

export interface Enrolment {
  readonly password: Secret<string>
  readonly otpSecret: Uint8Array
  readonly otpStep: number
}

/** `replayed`: password and code are right, but the code has been used. */
export type Proof = 'proven' | 'replayed' | 'wrong'

export interface Credentials {
  enrol(user: string, enrolment: Enrolment): Promise<void>
  /** Does the same work for a user nobody knows, so that time tells nothing. */
  prove(user: string, proof: { readonly password: Secret<string>; readonly oneTimePassword: Secret<string> }): Promise<Proof>
  delete(user: string): Promise<void>
}

export interface CredentialsOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly box: SealedBox
}

const decoyOtpSecret = new Uint8Array(20)

export function openCredentials(store: Store, options: CredentialsOptions): Credentials {
  const { clock, randomness, box } = options
  const records = openCollection<CredentialRecord>(store, {
    prefix: 'credentials',
    parse: (input) => record.parse(input),
    print: (value) => value,
  })
  return {
    async enrol(user, { password, otpSecret, otpStep }) {
      const passwordHash = await hashPassword(password, randomness)
      await records.put(user, { passwordHash, sealedOtpSecret: box.seal(otpSecret, purposeOf(user)), lastOtpStep: otpStep })
    },
    async prove(user, proof) {
      const known = await records.get(user)
      const passwordRight = await passwordMatches(proof.password, known?.passwordHash ?? decoyHash)
      const otpSecret = known === undefined ? decoyOtpSecret : box.open(known.sealedOtpSecret, purposeOf(user))
      const step = stepOfCode(proof.oneTimePassword, otpSecret, clock.now())
      if (known === undefined || !passwordRight || step === undefined) return 'wrong'
      let accepted = false
      await records.change(user, (current) => {
        // Two logins with one code at the same moment: the second finds the step taken, or the record replaced.
        accepted = current !== undefined && current.passwordHash === known.passwordHash && step > current.lastOtpStep
        return accepted && current !== undefined ? { value: { ...current, lastOtpStep: step } } : undefined
      })
      return accepted ? 'proven' : 'replayed'
    },
    async delete(user) {
      await records.delete(user)
    },
  }
}

function purposeOf(user: string): string {
  return `one-time password of ${user}`
}

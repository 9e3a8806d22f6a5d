/** Invites and resets: links that let a person choose a password and a second factor, once, for a while. */
import * as z from 'zod'
import { inviteTtlMilliseconds, type InviteUsage } from '#authority-api'
import { PortunusError, formatDuration, type Clock, type Randomness, type Secret } from '#foundation'
import type { Store } from '#storage'
import { openCollection } from './collection.ts'
import { later } from './context.ts'
import type { Credentials } from './credentials.ts'
import { hashOfValue, newBearerValue } from './hashed-value.ts'
import { enrolmentOf, newOneTimePasswordSecret, stepOfCode } from './one-time-passwords.ts'
import { checkPassword } from './passwords.ts'
import type { SealedBox } from './sealed-box.ts'
import type { Users } from './users.ts'

const record = z.object({
  user: z.string(),
  usage: z.enum(['invite', 'reset']),
  expires: z.string(),
  /** The hash again, so that a list knows what to delete. */
  id: z.string(),
  /** Bound to this invite when sealed. */
  sealedOtpSecret: z.string(),
})

type InviteRecord = z.output<typeof record>

export interface Invite {
  readonly user: string
  readonly usage: InviteUsage
  readonly expires: Date
  readonly otpSecret: string
  readonly otpUri: string
}

export interface Invites {
  /** Throws INVITE_TTL_TOO_LONG. */
  create(invite: {
    readonly user: string
    readonly usage: InviteUsage
    readonly ttlMilliseconds: number | undefined
  }): Promise<{ readonly token: string; readonly expires: Date }>
  /** Throws INVITE_UNKNOWN for one that is used, expired or never was: a guesser must not learn which. */
  get(token: string): Promise<Invite>
  /**
   * Takes the invite and enrols the person. What is wrong with password or code is said before the invite is spent.
   * Throws INVITE_UNKNOWN, PASSWORD_LENGTH_REFUSED, INVITE_CODE_WRONG.
   */
  redeem(
    token: string,
    choice: { readonly password: Secret<string>; readonly oneTimePassword: Secret<string> },
  ): Promise<{ readonly user: string; readonly usage: InviteUsage }>
  deleteOf(user: string, options?: { readonly except?: string }): Promise<void>
}

export interface InvitesOptions {
  readonly clock: Clock
  readonly randomness: Randomness
  readonly box: SealedBox
  readonly credentials: Credentials
  readonly users: Users
  readonly clusterName: string
  /** Where people log in, for the label in the authenticator app. */
  readonly accountHost: () => Promise<string>
}

export function openInvites(store: Store, options: InvitesOptions): Invites {
  const { clock, randomness, box, credentials } = options
  const records = openCollection<InviteRecord>(store, { prefix: 'invites', parse: (input) => record.parse(input), print: (value) => value })

  const find = async (token: string): Promise<InviteRecord> => {
    const found = await records.get(hashOfValue(token))
    if (found === undefined || new Date(found.expires) <= clock.now()) throw inviteUnknown()
    if ((await options.users.get(found.user)) === undefined) throw inviteUnknown()
    return found
  }
  const deleteOf: Invites['deleteOf'] = async (user, { except } = {}) => {
    const kept = except === undefined ? undefined : hashOfValue(except)
    for (const invite of await records.list()) {
      if (invite.user === user && invite.id !== kept) await records.delete(invite.id)
    }
  }
  return {
    async create({ user, usage, ttlMilliseconds }) {
      const expires = later(clock, checkTtl(usage, ttlMilliseconds))
      const token = newBearerValue(randomness)
      const id = hashOfValue(token)
      const sealedOtpSecret = box.seal(newOneTimePasswordSecret(randomness), purposeOf(id))
      await records.put(id, { user, usage, expires: expires.toISOString(), id, sealedOtpSecret }, { expires })
      return { token, expires }
    },
    async get(token) {
      const found = await find(token)
      const account = `${found.user}@${await options.accountHost()}`
      const enrolment = enrolmentOf(box.open(found.sealedOtpSecret, purposeOf(found.id)), { clusterName: options.clusterName, account })
      return { user: found.user, usage: found.usage, expires: new Date(found.expires), ...enrolment }
    },
    async redeem(token, { password, oneTimePassword }) {
      const found = await find(token)
      checkPassword(password)
      const otpSecret = box.open(found.sealedOtpSecret, purposeOf(found.id))
      const otpStep = stepOfCode(oneTimePassword, otpSecret, clock.now())
      if (otpStep === undefined) throw codeWrong(found.user)
      // Whoever deletes it has it: of two at the same moment one is told that there is no such invite.
      if (!(await records.delete(found.id))) throw inviteUnknown()
      await credentials.enrol(found.user, { password, otpSecret, otpStep })
      if ((await options.users.get(found.user)) === undefined) {
        await credentials.delete(found.user) // deleted meanwhile: a later user of that name must not inherit the password
        throw inviteUnknown()
      }
      await deleteOf(found.user)
      return { user: found.user, usage: found.usage }
    },
    deleteOf,
  }
}

function purposeOf(id: string): string {
  return `one-time password of invite ${id}`
}

function checkTtl(usage: InviteUsage, ttlMilliseconds: number | undefined): number {
  const limit = inviteTtlMilliseconds[usage]
  const wanted = ttlMilliseconds ?? limit.usual
  if (wanted <= limit.max) return wanted
  throw new PortunusError(
    'INVITE_TTL_TOO_LONG',
    `Cannot create a link good for "${formatDuration(wanted)}": ${formatDuration(limit.max)} is the longest`,
    { category: 'bad-input', hint: `use --ttl=${formatDuration(limit.max)} or less` },
  )
}

function inviteUnknown(): PortunusError {
  return new PortunusError('INVITE_UNKNOWN', 'Cannot open the link: it was used, has expired or never was', {
    category: 'not-found',
    hint: 'ask an administrator for a new one: tctl users reset',
  })
}

function codeWrong(user: string): PortunusError {
  return new PortunusError('INVITE_CODE_WRONG', `Cannot enrol "${user}": the code is not the one of the authenticator app`, {
    category: 'bad-input',
    hint: 'scan the QR code, check that the clock of the phone is right, and type the code shown now',
  })
}

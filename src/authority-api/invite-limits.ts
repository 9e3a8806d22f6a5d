/** How long links for new passwords are good: known to both sides, so that a wish too long is refused before anything is done. */

/** `invite` is for somebody new, `reset` for somebody who starts over. */
export type InviteUsage = 'invite' | 'reset'

export const inviteTtlMilliseconds = {
  invite: { usual: 3_600_000, max: 48 * 3_600_000 },
  reset: { usual: 8 * 3_600_000, max: 24 * 3_600_000 },
} as const satisfies Record<InviteUsage, { readonly usual: number; readonly max: number }>

/** Answers to people who come in through a proxy: invites and login. */
import { inviteRedeemed } from '#audit-events'
import type { Handlers } from '#authority-api'
import { Secret } from '#foundation'
import { failureOf } from '../audit-trail.ts'
import type { AuthorityParts } from '../parts.ts'
import { addressOf } from './callers.ts'

type SignInHandlers = Pick<Handlers, 'login' | 'getInvite' | 'redeemInvite'>

export function signInHandlers(parts: AuthorityParts): SignInHandlers {
  const { configuration, strangers } = parts
  return {
    async login(request) {
      strangers.take(addressOf(request.clientAddress))
      const issued = await parts.logins.login({
        user: request.user,
        password: new Secret(request.password),
        oneTimePassword: request.oneTimePassword === undefined ? undefined : new Secret(request.oneTimePassword),
        publicKeyPem: request.publicKeyPem,
        ttlMilliseconds: request.ttlMilliseconds,
        clientAddress: request.clientAddress,
      })
      return {
        certificatePem: issued.certificatePem,
        authorities: parts.authorities.trusted(),
        clusterName: configuration.clusterName,
        user: request.user,
        validUntil: issued.validUntil.toISOString(),
      }
    },
    async getInvite(request) {
      strangers.take(addressOf(request.clientAddress ?? ''))
      const invite = await parts.invites.get(request.token)
      return {
        user: invite.user,
        clusterName: configuration.clusterName,
        otpUri: invite.otpUri,
        otpSecret: invite.otpSecret,
        expires: invite.expires.toISOString(),
        usage: invite.usage,
      }
    },
    async redeemInvite(request) {
      strangers.take(addressOf(request.clientAddress))
      const person = { user_kind: 'human', client_address: request.clientAddress } as const
      try {
        const { user, usage } = await parts.invites.redeem(request.token, {
          password: new Secret(request.password),
          oneTimePassword: new Secret(request.oneTimePassword),
        })
        await parts.audit.record(inviteRedeemed({ ...person, user, usage, success: true }))
        return { user }
      } catch (error) {
        await parts.audit.record(inviteRedeemed({ ...person, user: 'unknown', ...failureOf(error) }))
        throw error
      }
    },
  }
}

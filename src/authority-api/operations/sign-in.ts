/** Operations by which people come in: invites, login. All of them arrive through a proxy. */
import * as z from 'zod'
import { throughProxy, type Operation } from '../operation.ts'
import { authorities, pemText, sentSecret, shortText, time, ttlMilliseconds } from '../schemas.ts'

export const inviteUsage = z.enum(['invite', 'reset'])

/** As long as a name may be; longer ones belong to nobody. */
const userName = z.string().min(1).max(255)
const inviteToken = z.string().min(1).max(128)

export const signInOperations = {
  login: {
    method: 'POST',
    path: '/v1/login',
    needs: [throughProxy],
    request: z.object({
      user: userName,
      password: sentSecret,
      oneTimePassword: sentSecret.optional(),
      publicKeyPem: pemText,
      ttlMilliseconds: ttlMilliseconds.optional(),
      clientAddress: shortText,
    }),
    response: z.object({
      certificatePem: z.string(),
      authorities,
      clusterName: z.string(),
      user: z.string(),
      validUntil: time,
    }),
  },
  /** What the page of an invite shows. The secret is bound to the invite and dies with it. */
  getInvite: {
    method: 'POST',
    path: '/v1/invites/get',
    needs: [throughProxy],
    request: z.object({ token: inviteToken, clientAddress: shortText.optional() }),
    response: z.object({
      user: z.string(),
      clusterName: z.string(),
      otpUri: z.string(),
      otpSecret: z.string(),
      expires: time,
      usage: inviteUsage,
    }),
  },
  redeemInvite: {
    method: 'POST',
    path: '/v1/invites/redeem',
    needs: [throughProxy],
    request: z.object({ token: inviteToken, password: sentSecret, oneTimePassword: sentSecret, clientAddress: shortText }),
    response: z.object({ user: z.string() }),
  },
} as const satisfies Record<string, Operation>

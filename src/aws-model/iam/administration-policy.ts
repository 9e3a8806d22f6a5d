/** The permissions of whoever runs `teleport db configure bootstrap` or `aws create-iam` for an identity. */
import type { PolicyDocument } from '../policy.ts'
import { identityArn, type IamIdentity } from './identity.ts'

/** What automatic mode calls, and on what. */
export function administrationPolicy(identity: IamIdentity): PolicyDocument {
  const { partition = 'aws', accountId = '{account_id}', kind } = identity
  const noun = kind === 'user' ? 'User' : 'Role'
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: [
          'iam:GetPolicy',
          'iam:GetPolicyVersion',
          'iam:ListPolicyVersions',
          'iam:CreatePolicy',
          'iam:TagPolicy',
          'iam:CreatePolicyVersion',
          'iam:DeletePolicyVersion',
        ],
        Resource: `arn:${partition}:iam::${accountId}:policy/*`,
      },
      {
        Effect: 'Allow',
        Action: [`iam:Get${noun}`, `iam:ListAttached${noun}Policies`, `iam:Attach${noun}Policy`],
        Resource: identityArn(identity),
      },
    ],
  }
}

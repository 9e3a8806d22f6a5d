/** The IAM API of the stand-in: what it changes is in force from the next request on. */
import type { AwsService } from '../operation.ts'
import { attachmentOperations } from './attachments.ts'
import { inlinePolicyOperations } from './inline-policies.ts'
import { managedPolicyOperations } from './managed-policies.ts'
import { policyVersionOperations } from './policy-versions.ts'
import { roleOperations } from './roles.ts'
import { userOperations } from './users.ts'

export const iam: AwsService = {
  name: 'iam',
  version: '2010-05-08',
  namespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
  operations: [
    ...userOperations,
    ...roleOperations,
    ...managedPolicyOperations,
    ...policyVersionOperations,
    ...attachmentOperations('User'),
    ...attachmentOperations('Role'),
    ...inlinePolicyOperations('User'),
    ...inlinePolicyOperations('Role'),
  ],
}

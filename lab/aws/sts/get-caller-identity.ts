/** STS GetCallerIdentity: who signed this; it needs no permission (AWS STS API reference). */
import type { AwsOperation } from '../operation.ts'

export const getCallerIdentity: AwsOperation = {
  action: 'GetCallerIdentity',
  answer: ({ principal }) => ({ Arn: principal.arn, UserId: principal.userId, Account: principal.account.id }),
}

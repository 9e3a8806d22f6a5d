/** The Security Token Service of the stand-in. */
import type { AwsService } from '../operation.ts'
import { assumeRole } from './assume-role.ts'
import { getCallerIdentity } from './get-caller-identity.ts'

export const sts: AwsService = {
  name: 'sts',
  version: '2011-06-15',
  namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  operations: [getCallerIdentity, assumeRole],
}

/** The Redshift API of the stand-in (provisioned clusters). */
import type { AwsService } from '../operation.ts'
import { describeClusters } from './describe-clusters.ts'
import { getClusterCredentialsWithIam } from './get-cluster-credentials-with-iam.ts'
import { getClusterCredentials } from './get-cluster-credentials.ts'

export const redshift: AwsService = {
  name: 'redshift',
  version: '2012-12-01',
  namespace: 'http://redshift.amazonaws.com/doc/2012-12-01/',
  operations: [getClusterCredentials, getClusterCredentialsWithIam, describeClusters],
}

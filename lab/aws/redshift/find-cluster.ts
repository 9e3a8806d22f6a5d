/** Which cluster a call means: the caller's account and the region of the call, nothing else, as at AWS. */
import { AwsError } from '../aws-error.ts'
import type { AwsCall } from '../operation.ts'
import type { RedshiftCluster } from '../world.ts'

/** Throws ClusterNotFound. Cluster ids are compared case-sensitively. */
export function findCluster({ principal, region }: AwsCall, clusterId: string): RedshiftCluster {
  const cluster = principal.account.clusters.find((candidate) => candidate.id === clusterId && candidate.region === region)
  if (cluster === undefined) throw new AwsError('ClusterNotFound', 404, `Cluster ${clusterId} not found.`)
  return cluster
}

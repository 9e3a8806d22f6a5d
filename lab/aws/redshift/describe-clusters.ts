/** Redshift DescribeClusters: what the account has in the region, in pages (Amazon Redshift API reference). */
import { authorize } from '../authorize.ts'
import { invalidParameterValue } from '../aws-error.ts'
import type { AwsCall, AwsOperation } from '../operation.ts'
import type { XmlTree } from '../query-protocol.ts'
import type { RedshiftCluster } from '../world.ts'
import { findCluster } from './find-cluster.ts'

export const describeClusters: AwsOperation = { action: 'DescribeClusters', answer: answerDescribeClusters }

function answerDescribeClusters(call: AwsCall) {
  const { world, principal, region, parameters } = call
  const clusterId = parameters.optional('ClusterIdentifier')
  const pageSize = parameters.integer('MaxRecords', { least: 20, most: 100, absent: 100 })
  const first = firstOfPage(parameters.optional('Marker'))
  authorize(call, {
    action: 'redshift:DescribeClusters',
    resource: `arn:${world.partition}:redshift:${region}:${principal.account.id}:cluster:${clusterId ?? '*'}`,
  })
  const all =
    clusterId === undefined ? principal.account.clusters.filter((cluster) => cluster.region === region) : [findCluster(call, clusterId)]
  const next = first + pageSize
  return {
    Clusters: all.slice(first, next).map((cluster) => ({ Cluster: describe(call, cluster) })),
    Marker: next < all.length ? markerOf(next) : undefined,
  }
}

function describe({ world, principal }: AwsCall, cluster: RedshiftCluster): XmlTree {
  return {
    ClusterIdentifier: cluster.id,
    NodeType: 'ra3.xlplus',
    ClusterStatus: 'available',
    ClusterAvailabilityStatus: 'Available',
    MasterUsername: cluster.adminUser,
    DBName: cluster.databaseName,
    Endpoint: { Address: cluster.endpoint.host, Port: cluster.endpoint.port },
    ClusterCreateTime: cluster.createdAt.toISOString(),
    AvailabilityZone: `${cluster.region}a`,
    ClusterVersion: '1.0',
    NumberOfNodes: 1,
    PubliclyAccessible: false,
    Encrypted: true,
    Tags: Object.entries(cluster.tags).map(([Key, Value]) => ({ Tag: { Key, Value } })),
    ClusterNamespaceArn: `arn:${world.partition}:redshift:${cluster.region}:${principal.account.id}:namespace:${cluster.namespaceId}`,
  }
}

function markerOf(index: number): string {
  return Buffer.from(`cluster-${index}`).toString('base64url')
}

function firstOfPage(marker: string | undefined): number {
  if (marker === undefined) return 0
  const index = /^cluster-(\d{1,6})$/.exec(Buffer.from(marker, 'base64url').toString())?.[1]
  if (index === undefined) throw invalidParameterValue(`Invalid value for Marker: ${marker}.`)
  return Number(index)
}

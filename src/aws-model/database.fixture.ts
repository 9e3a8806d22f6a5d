/** A database resource for the tests of this room: a Redshift cluster in us-east-1 with whatever the test says otherwise. */
import type { Database } from '#resources'

export interface DatabaseFixture {
  readonly uri?: string
  readonly region?: string
  readonly accountId?: string
  readonly assumeRoleArn?: string
  readonly externalId?: string
  readonly clusterId?: string
}

export function databaseFixture(given: DatabaseFixture = {}): Database {
  const { uri = 'my-redshift.abc123.us-east-1.redshift.amazonaws.com:5439', clusterId, ...aws } = given
  return {
    kind: 'db',
    version: 'v3',
    metadata: { name: 'my-redshift', labels: {} },
    spec: {
      protocol: 'postgres',
      uri,
      tls: { mode: 'verify-full' },
      aws: { ...aws, redshift: clusterId === undefined ? {} : { clusterId } },
    },
  }
}

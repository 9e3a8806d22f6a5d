/** Which IAM actions each type of AWS database needs, and for what. */
import { PortunusError } from '#foundation'

export const iamDatabaseTypes = ['rds', 'rdsproxy', 'redshift', 'redshift-serverless'] as const
export type IamDatabaseType = (typeof iamDatabaseTypes)[number]

export interface TypeActions {
  /** To find databases of the type. */
  readonly discovery: readonly string[]
  /** To read the facts of one database. */
  readonly metadata: readonly string[]
  /** To sign in; what signs in as an IAM role is a permission of that role instead. */
  readonly login: readonly string[]
}

/** Service Authorization Reference, one page per service. None of these changes anything in AWS. */
export const actionsOfType: Readonly<Record<IamDatabaseType, TypeActions>> = {
  rds: {
    discovery: ['rds:DescribeDBInstances', 'rds:DescribeDBClusters'],
    metadata: ['rds:DescribeDBInstances', 'rds:DescribeDBClusters'],
    login: ['rds-db:connect'],
  },
  rdsproxy: {
    discovery: ['rds:DescribeDBProxies', 'rds:DescribeDBProxyEndpoints', 'rds:ListTagsForResource'],
    metadata: ['rds:DescribeDBProxies', 'rds:DescribeDBProxyEndpoints'],
    login: ['rds-db:connect'],
  },
  redshift: {
    discovery: ['redshift:DescribeClusters'],
    metadata: ['redshift:DescribeClusters'],
    login: ['redshift:GetClusterCredentials'],
  },
  'redshift-serverless': {
    discovery: ['redshift-serverless:ListWorkgroups', 'redshift-serverless:ListEndpointAccess', 'redshift-serverless:ListTagsForResource'],
    metadata: ['redshift-serverless:GetEndpointAccess', 'redshift-serverless:GetWorkgroup'],
    login: [],
  },
}

/** Reads `redshift,redshift-serverless`. Throws AWS_DATABASE_TYPE_UNKNOWN that lists every type there is. */
export function parseDatabaseTypes(text: string): readonly IamDatabaseType[] {
  const words = text.split(',').map((word) => word.trim())
  const known = new Set<string>(iamDatabaseTypes)
  const unknown = words.filter((word) => !known.has(word))
  if (unknown.length > 0) {
    throw new PortunusError(
      'AWS_DATABASE_TYPE_UNKNOWN',
      `Cannot make permissions for the database type ${unknown.map((word) => `"${word}"`).join(', ')}: it is not known`,
      { category: 'bad-input', hint: `use one or more of ${iamDatabaseTypes.join(', ')}, separated by commas` },
    )
  }
  return iamDatabaseTypes.filter((type) => words.includes(type))
}

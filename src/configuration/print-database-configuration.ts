/** The file that `teleport db configure create` writes for an agent: from flags to YAML that the real parser has accepted. */
import { awsMatcherTypes } from './matcher.ts'
import type { AwsMatcherType } from './configuration.ts'
import { defaultDataDirectory } from './configuration.ts'
import { checkGenerated, flagsRefused, labelsOfFlag } from './generated-file.ts'
import { yamlComment, yamlSection, type YamlValue } from './print-yaml.ts'

/** What was typed; a flag that was not is absent or empty. */
export interface DatabaseConfigurationFlags {
  /** The name of the host the file is for. */
  readonly nodename: string
  readonly dataDirectory?: string | undefined
  /** 0.0.0.0:3080 */
  readonly proxy?: string | undefined
  /** The token or the absolute path of its file: /tmp/token. */
  readonly token?: string | undefined
  readonly caPins?: readonly string[]
  readonly name?: string | undefined
  readonly protocol?: string | undefined
  readonly uri?: string | undefined
  /** `env=dev,team=data` */
  readonly labels?: string | undefined
  readonly caCertFile?: string | undefined
  /** One entry of `resources` each: `env=dev,region=us-east-1`, or `*=*`. */
  readonly dynamicResourcesLabels?: readonly string[]
  /** Regions to look in, by type of resource: `--redshift-discovery=us-east-1`. */
  readonly discoveryRegions?: Readonly<Partial<Record<AwsMatcherType, readonly string[]>>>
  /** `env=dev` */
  readonly awsTags?: string | undefined
  readonly awsRegion?: string | undefined
  readonly awsAccountId?: string | undefined
  readonly awsAssumeRoleArn?: string | undefined
  readonly awsExternalId?: string | undefined
  readonly awsRedshiftClusterId?: string | undefined
  readonly awsRdsInstanceId?: string | undefined
  readonly awsRdsClusterId?: string | undefined
}

const databaseKeys: readonly (readonly [RegExp, string])[] = [
  [/^db_service\.databases\[0\]\.name$/, '--name'],
  [/^db_service\.databases\[0\]\.protocol$/, '--protocol'],
  [/^db_service\.databases\[0\]\.uri$/, '--uri'],
  [/^db_service\.databases\[0\]\.static_labels/, '--labels'],
  [/^db_service\.databases\[0\]\.tls\.ca_cert_file$/, '--ca-cert-file'],
  [/^db_service\.databases\[0\]\.aws\.region$/, '--aws-region'],
  [/^db_service\.databases\[0\]\.aws\.account_id$/, '--aws-account-id'],
  [/\.assume_role_arn$/, '--aws-assume-role-arn'],
  [/\.external_id$/, '--aws-external-id'],
  [/\.redshift\.cluster_id$/, '--aws-redshift-cluster-id'],
  [/\.rds\.instance_id$/, '--aws-rds-instance-id'],
  [/\.rds\.cluster_id$/, '--aws-rds-cluster-id'],
  [/^db_service\.aws\[\d+\]\.regions/, '--<type>-discovery'],
  [/^db_service\.aws\[\d+\]\.tags/, '--aws-tags'],
  [/^db_service\.resources/, '--dynamic-resources-labels'],
]

/**
 * The configuration of an agent. Throws CONFIGURATION_FLAGS_REFUSED (bad-input), which names each wrong flag,
 * when the file would not be accepted by `teleport start`.
 */
export function printDatabaseConfiguration(flags: DatabaseConfigurationFlags): string {
  const text = [
    yamlComment(`\nA Portunus agent that serves databases. Start it with: teleport start --config=<this file>\n`),
    'version: v3\n',
    yamlSection('teleport', {
      nodename: flags.nodename,
      data_dir: flags.dataDirectory ?? defaultDataDirectory,
      proxy_server: given(flags.proxy) ?? '0.0.0.0:3080',
      auth_token: given(flags.token) ?? '/tmp/token',
      ca_pin: flags.caPins ?? [],
    }),
    databaseService(flags),
    ...['auth_service', 'ssh_service', 'proxy_service'].map((name) => yamlSection(name, { enabled: 'no' })),
  ].join('')
  checkGenerated(text, databaseKeys)
  return text
}

function databaseService(flags: DatabaseConfigurationFlags): string {
  const resources = resourceMatchers(flags)
  const aws = awsMatchers(flags)
  const databases = staticDatabases(flags)
  return [
    yamlSection('db_service', { enabled: 'yes', resources, aws, databases }),
    resources.length > 0 ? '' : example('Databases registered in the cluster, by their labels:', { resources: [{ labels: { '*': '*' } }] }),
    aws.length > 0
      ? ''
      : example('Databases found in AWS, by type, region and tags:', {
          aws: [{ types: ['redshift'], regions: ['us-east-1'], tags: { '*': '*' } }],
        }),
    databases.length > 0
      ? ''
      : example('Databases listed here:', {
          databases: [{ name: 'my-redshift', protocol: 'postgres', uri: 'my-redshift.abc123.us-east-1.redshift.amazonaws.com:5439' }],
        }),
  ].join('')
}

/** A commented sample at the indentation of the section above it. */
function example(title: string, value: { readonly [key: string]: YamlValue }): string {
  const body = yamlSection('section', value).split('\n').slice(1, -1)
  return yamlComment([title, ...body.map((line) => line.slice(2))].join('\n'), '  ')
}

function resourceMatchers(flags: DatabaseConfigurationFlags): readonly YamlValue[] {
  const assumeRoleArn = given(flags.awsAssumeRoleArn)
  const aws = assumeRoleArn === undefined ? undefined : { assume_role_arn: assumeRoleArn, external_id: given(flags.awsExternalId) }
  return (flags.dynamicResourcesLabels ?? []).map((labels) => ({ labels: labelsOfFlag('--dynamic-resources-labels', labels), aws }))
}

function awsMatchers(flags: DatabaseConfigurationFlags): readonly YamlValue[] {
  const tags = given(flags.awsTags) === undefined ? { '*': '*' } : labelsOfFlag('--aws-tags', flags.awsTags ?? '')
  const assumed = { assume_role_arn: given(flags.awsAssumeRoleArn), external_id: given(flags.awsExternalId) }
  return awsMatcherTypes.flatMap((type) => {
    const regions = flags.discoveryRegions?.[type] ?? []
    return regions.length === 0 ? [] : [{ types: [type], regions, tags, ...assumed }]
  })
}

function staticDatabases(flags: DatabaseConfigurationFlags): readonly YamlValue[] {
  const { name, protocol, uri, labels } = flags
  if ([name, protocol, uri, labels].every((flag) => given(flag) === undefined)) {
    if (given(flags.awsRedshiftClusterId) === undefined) return []
    throw flagsRefused(['--name: required with --aws-redshift-cluster-id'])
  }
  return [
    {
      name: given(name),
      protocol: given(protocol),
      uri: given(uri),
      tls: { ca_cert_file: given(flags.caCertFile) },
      aws: {
        region: given(flags.awsRegion),
        account_id: given(flags.awsAccountId),
        assume_role_arn: given(flags.awsAssumeRoleArn),
        external_id: given(flags.awsExternalId),
        redshift: { cluster_id: given(flags.awsRedshiftClusterId) },
        rds: { instance_id: given(flags.awsRdsInstanceId), cluster_id: given(flags.awsRdsClusterId) },
      },
      static_labels: given(labels) === undefined ? undefined : labelsOfFlag('--labels', labels ?? ''),
    },
  ]
}

function given(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}

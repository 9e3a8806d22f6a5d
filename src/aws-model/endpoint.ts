/** What the host name of a database says about it: which AWS service, which cluster, which region. No name is looked up. */
import { PortunusError } from '#foundation'

/** A Redshift address taken apart. A VPC endpoint says nothing about the cluster or workgroup behind it. */
export type RedshiftEndpoint =
  | { readonly kind: 'cluster'; readonly clusterId: string; readonly region: string }
  | { readonly kind: 'cluster-vpc-endpoint'; readonly endpointName: string; readonly region: string }
  | { readonly kind: 'workgroup'; readonly workgroupName: string; readonly accountId: string; readonly region: string }
  | { readonly kind: 'workgroup-vpc-endpoint'; readonly endpointName: string; readonly accountId: string; readonly region: string }

/** An Amazon RDS or Aurora address taken apart. */
export type RdsEndpoint =
  | { readonly kind: 'instance'; readonly instanceId: string; readonly region: string }
  | { readonly kind: 'cluster'; readonly clusterId: string; readonly region: string }
  | { readonly kind: 'cluster-custom'; readonly endpointName: string; readonly region: string }
  | { readonly kind: 'proxy'; readonly proxyName: string; readonly region: string }
  | { readonly kind: 'proxy-endpoint'; readonly endpointName: string; readonly region: string }

export type AwsService = 'redshift' | 'redshift-serverless' | 'rds'

const suffix = '.amazonaws.com'
const chineseSuffix = '.amazonaws.com.cn'
// A managed endpoint's random tail is long; a cluster called "sales-endpoint-eu" is still a cluster.
const clusterVpcEndpointPattern = /^(.+)-endpoint-[a-z0-9]{16,}$/
const workgroupVpcEndpointPattern = /^(.+)-endpoint-[a-z0-9]+$/

/** The host of `host:port`, lower-cased, without brackets or a trailing dot. */
export function hostOf(uri: string): string {
  const host = /^\[(.*)\](?::\d+)?$/.exec(uri)?.[1] ?? uri.replace(/:\d*$/, '')
  return host.toLowerCase().replace(/\.$/, '')
}

/** Which AWS service a host name belongs to, by its exact suffix; undefined for every other host. */
export function awsServiceOf(uri: string): AwsService | undefined {
  const labels = labelsOf(uri)
  if (labels === undefined) return undefined
  return (['redshift-serverless', 'redshift', 'rds'] as const).find((service) => labels.slice(1).includes(service))
}

/**
 * Takes a Redshift address apart; undefined when the host is no Redshift name at all.
 * Throws AWS_ENDPOINT_MALFORMED for a host under the Redshift domain that has none of the known forms,
 * and AWS_ENDPOINT_UNSUPPORTED for Redshift Serverless in China.
 */
export function parseRedshiftEndpoint(uri: string): RedshiftEndpoint | undefined {
  const service = awsServiceOf(uri)
  if (service !== 'redshift' && service !== 'redshift-serverless') return undefined
  const endpoint = service === 'redshift' ? parseCluster(uri) : parseWorkgroup(uri)
  if (endpoint !== undefined) return endpoint
  throw malformed(uri, 'Redshift', '<cluster>.<id>.<region>.redshift.amazonaws.com')
}

/**
 * Takes an RDS address apart; undefined when the host is no RDS name at all.
 * Throws AWS_ENDPOINT_MALFORMED for a host under the RDS domain that has none of the known forms.
 */
export function parseRdsEndpoint(uri: string): RdsEndpoint | undefined {
  if (awsServiceOf(uri) !== 'rds') return undefined
  const labels = labelsOf(uri) ?? []
  const isChinese = isChina(uri) && labels.at(-2) === 'rds'
  const region = (isChinese ? labels.at(-1) : labels.at(-2)) ?? ''
  const [name = '', ...marks] = labels.slice(0, -2)
  if ((isChinese || labels.at(-1) === 'rds') && name !== '') {
    const endpoint = rdsEndpoint(name, { marks, region })
    if (endpoint !== undefined) return endpoint
  }
  throw malformed(uri, 'RDS', '<instance>.<id>.<region>.rds.amazonaws.com')
}

function rdsEndpoint(name: string, place: { readonly marks: readonly string[]; readonly region: string }): RdsEndpoint | undefined {
  const { marks, region } = place
  const [first = '', second = ''] = marks
  if (marks.length === 2)
    return first === 'endpoint' && second.startsWith('proxy-') ? { kind: 'proxy-endpoint', endpointName: name, region } : undefined
  if (marks.length !== 1) return undefined
  if (first.startsWith('proxy-')) return { kind: 'proxy', proxyName: name, region }
  if (first.startsWith('cluster-custom-')) return { kind: 'cluster-custom', endpointName: name, region }
  if (first.startsWith('cluster-')) return { kind: 'cluster', clusterId: name, region }
  return { kind: 'instance', instanceId: name, region }
}

/** `<cluster>.<id>.<region>.redshift` or, in China, `<cluster>.<id>.redshift.<region>`. */
function parseCluster(uri: string): RedshiftEndpoint | undefined {
  const labels = labelsOf(uri) ?? []
  const [name, , third = '', fourth = ''] = labels
  const region = isChina(uri) ? (third === 'redshift' ? fourth : '') : fourth === 'redshift' ? third : ''
  if (name === undefined || name === '' || labels.length !== 4 || region === '') return undefined
  const endpointName = clusterVpcEndpointPattern.exec(name)?.[1]
  return endpointName === undefined ? { kind: 'cluster', clusterId: name, region } : { kind: 'cluster-vpc-endpoint', endpointName, region }
}

/** `<workgroup>.<account>.<region>.redshift-serverless`, or `<name>-endpoint-<hash>` in place of the workgroup. */
function parseWorkgroup(uri: string): RedshiftEndpoint | undefined {
  if (isChina(uri)) {
    throw new PortunusError(
      'AWS_ENDPOINT_UNSUPPORTED',
      `Cannot use the database address "${uri}": Redshift Serverless in China is not supported`,
      {
        category: 'unsupported',
        hint: 'use the address of a provisioned cluster',
      },
    )
  }
  const labels = labelsOf(uri) ?? []
  const [name, accountId = '', region = '', service] = labels
  if (name === undefined || name === '' || labels.length !== 4 || service !== 'redshift-serverless') return undefined
  if (!/^\d{12}$/.test(accountId)) return undefined
  const endpointName = workgroupVpcEndpointPattern.exec(name)?.[1]
  if (endpointName !== undefined) return { kind: 'workgroup-vpc-endpoint', endpointName, accountId, region }
  return { kind: 'workgroup', workgroupName: name, accountId, region }
}

/** The labels in front of the AWS suffix. The suffix must end the host: a stranger's domain cannot carry it in the middle. */
function labelsOf(uri: string): readonly string[] | undefined {
  const host = hostOf(uri)
  const found = [chineseSuffix, suffix].find((known) => host.endsWith(known))
  return found === undefined ? undefined : host.slice(0, -found.length).split('.')
}

function isChina(uri: string): boolean {
  return hostOf(uri).endsWith(chineseSuffix)
}

function malformed(uri: string, service: string, form: string): PortunusError {
  return new PortunusError('AWS_ENDPOINT_MALFORMED', `Cannot read the database address "${uri}": it is not an endpoint of ${service}`, {
    category: 'bad-input',
    hint: `copy the endpoint from the AWS console, it looks like ${form}`,
  })
}

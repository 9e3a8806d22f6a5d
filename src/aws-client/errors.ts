/** The wording of every failure of AWS: which hop, who asked, which permission is missing, and the policy to add. */
import {
  assumeRoleBoundary,
  assumeRolePolicy,
  credentialsPolicy,
  credentialsWithIamPolicy,
  parseArn,
  partitionOf,
  printPolicy,
  principalOf,
  trustPolicy,
} from '#aws-model'
import type { RedshiftLoginPlan, RoleHop } from '#aws-model'
import { PortunusError } from '#foundation'
import type { ProviderReport } from './credential-chain.ts'
import type { AwsFailure } from './describe-failure.ts'
import type { AwsServiceName } from './settings.ts'

const externalIdPlaceholder = '{external_id}'

/** A call that failed, with what is needed to tell people about it. */
export interface FailedCall {
  readonly plan: RedshiftLoginPlan
  readonly region: string
  readonly failure: AwsFailure
  /** Who made the call, as sts:GetCallerIdentity says; absent when it could not be asked. */
  readonly callerArn: string | undefined
  readonly cause: unknown
}

export interface FailedHop extends FailedCall {
  readonly hop: RoleHop
  readonly hopNumber: number
  readonly roleArn: string
}

/** AWS_CREDENTIALS_MISSING: no source had credentials; the message says what each answered (guide, troubleshooting). */
export function credentialsMissing(reports: readonly ProviderReport[]): PortunusError {
  const outcomes = reports.map(({ provider, outcome }) => `${provider}: ${outcome}`).join('; ')
  const isHopLimit = reports.some(({ outcome }) => outcome.includes('hop limit'))
  return new PortunusError(
    'AWS_CREDENTIALS_MISSING',
    `Cannot sign in to AWS: NoCredentialProviders: no valid providers in chain (${outcomes})`,
    {
      category: 'unavailable',
      hint: isHopLimit
        ? 'run aws ec2 modify-instance-metadata-options --instance-id <node-instance-id> --http-put-response-hop-limit 2, or give the pod a role of its own (IRSA or EKS Pod Identity)'
        : 'set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_DEFAULT_REGION in /etc/default/teleport of the Database Service, or attach an instance profile to its host',
      details: { providers: reports },
    },
  )
}

/** AWS_REGION_MISSING: neither the database nor the environment says where. */
export function regionMissing(plan: RedshiftLoginPlan): PortunusError {
  return new PortunusError('AWS_REGION_MISSING', `Cannot sign in to AWS for database "${plan.database}": no region is known`, {
    category: 'bad-input',
    hint: 'set aws.region on the database, or AWS_DEFAULT_REGION in /etc/default/teleport of the Database Service',
  })
}

/** What to tell about an AssumeRole that failed. */
export function assumeRoleFailed(call: FailedHop): PortunusError {
  const { plan, failure, roleArn, hop } = call
  const doing = `assume the IAM role "${roleArn}" for database "${plan.database}" (hop ${call.hopNumber} of ${plan.hops.length}, asked for by the ${hop.reason})`
  if (failure.kind !== 'denied') return commonFailure(doing, 'sts', { ...call, details: factsOf(call) })
  return new PortunusError('AWS_ASSUME_ROLE_DENIED', `Cannot ${doing}: ${failure.text}`, {
    category: 'access-denied',
    hint: assumeRoleHint(call),
    cause: call.cause,
    details: {
      ...factsOf(call),
      hop: call.hopNumber,
      role: roleArn,
      action: failure.action ?? 'sts:AssumeRole',
      externalIdSent: hop.externalId !== undefined,
    },
  })
}

/** What to tell about GetClusterCredentials or GetClusterCredentialsWithIAM that failed. */
export function credentialsCallFailed(call: FailedCall): PortunusError {
  const { plan, failure, callerArn, region } = call
  const { cluster } = plan
  const action = `redshift:${plan.call}`
  if (failure.kind === 'not-found') {
    const origin = cluster.clusterIdFrom === 'endpoint' ? 'read from the address' : 'set by aws.redshift.cluster_id'
    const account = accountOf(callerArn) ?? cluster.accountId
    const place = `in region ${region}${account === undefined ? '' : ` of account ${account}`}`
    return new PortunusError(
      'AWS_CLUSTER_NOT_FOUND',
      `Cannot find the Redshift cluster "${cluster.clusterId}" of database "${plan.database}" ${place}: ${failure.text}`,
      {
        category: 'not-found',
        hint: `correct aws.redshift.cluster_id (${origin}), aws.region or aws.assume_role_arn of the database; aws redshift describe-clusters --region ${region} lists what there is`,
        cause: call.cause,
        details: factsOf(call),
      },
    )
  }
  const doing = `get temporary credentials for database "${plan.database}" with ${action}`
  if (failure.kind !== 'denied') return commonFailure(doing, 'redshift', { ...call, details: factsOf(call) })
  return new PortunusError('AWS_CREDENTIALS_CALL_DENIED', `Cannot ${doing}: ${failure.text}`, {
    category: 'access-denied',
    hint: `attach this policy to ${nameOf(callerArn)}; changes of IAM take a few minutes to arrive\n${printPolicy(neededPolicy(call))}`,
    cause: call.cause,
    details: { ...factsOf(call), action: failure.action ?? action, resource: failure.resource },
  })
}

/** What to tell when the caller's own account had to be asked for and was not given. */
export function callerUnknown(call: FailedCall): PortunusError {
  return commonFailure(`find the AWS account of the role for database "${call.plan.database}" with sts:GetCallerIdentity`, 'sts', {
    ...call,
    details: factsOf(call),
  })
}

export interface CommonFailure {
  readonly failure: AwsFailure
  readonly region: string
  readonly cause: unknown
  readonly details: Readonly<Record<string, unknown>>
}

/** Failures that mean the same for every call. `doing` completes "Cannot". */
export function commonFailure(doing: string, service: AwsServiceName, call: CommonFailure): PortunusError {
  const { failure, region, cause, details } = call
  const facts = { cause, details }
  switch (failure.kind) {
    case 'unreachable':
      return new PortunusError(
        'AWS_UNREACHABLE',
        `Cannot ${doing}: ${service} in ${region} gave no answer, ${stages[failure.stage]} (${failure.text})`,
        {
          ...facts,
          category: 'unavailable',
          hint: `check that this host can reach ${service === 'iam' ? 'iam' : `${service}.${region}`}.amazonaws.com:443, through a NAT gateway or a VPC endpoint, or correct AWS_ENDPOINT_URL`,
        },
      )
    case 'throttled':
      return new PortunusError('AWS_THROTTLED', `Cannot ${doing}: AWS asks to slow down (${failure.text})`, {
        ...facts,
        category: 'limit-exceeded',
        hint: 'wait a minute and connect again',
      })
    case 'keys-refused':
      return new PortunusError('AWS_CREDENTIALS_REFUSED', `Cannot ${doing}: AWS refuses the credentials themselves (${failure.text})`, {
        ...facts,
        category: 'unavailable',
        hint: keysHint(failure),
      })
    case 'denied':
    case 'not-found':
    case 'failed':
      return new PortunusError('AWS_CALL_FAILED', `Cannot ${doing}: ${failure.text}`, {
        ...facts,
        category: 'unavailable',
        hint: 'look at the log of the Database Service, and at health.aws.amazon.com if it goes on',
      })
  }
  failure satisfies never
}

const stages = {
  dns: 'its name cannot be resolved',
  connect: 'the connection was refused',
  tls: 'TLS failed',
  timeout: 'the time ran out',
  network: 'the connection broke',
} as const

function keysHint(failure: { readonly isClock: boolean; readonly isExpired: boolean }): string {
  if (failure.isClock) return 'set the clock of the Database Service right, for example with timedatectl set-ntp true'
  if (failure.isExpired) return 'renew the session credentials of the Database Service, or give it a role instead'
  return 'correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the Database Service'
}

/** Both policies an AssumeRole needs, the boundary remark and the command to try (guide, troubleshooting). */
function assumeRoleHint(call: FailedHop): string {
  const caller = call.callerArn === undefined ? undefined : principalOf(call.callerArn)
  const isExternal = call.hop.externalId !== undefined
  const trust = trustPolicy(caller ?? '{caller_arn}', { externalId: isExternal ? externalIdPlaceholder : undefined })
  const command = `aws sts assume-role --role-arn ${call.roleArn} --role-session-name test-trust-relationship${isExternal ? ` --external-id '${externalIdPlaceholder}'` : ''}`
  return [
    `let the role trust ${nameOf(call.callerArn)} with this trust policy`,
    printPolicy(trust),
    `and attach this policy to ${nameOf(call.callerArn)} (not needed in the same account once the role trusts it by its full ARN)`,
    printPolicy(assumeRolePolicy([call.roleArn])),
    ...(isExternal ? [] : ['if the trust policy asks for an external id, set aws.external_id of the database to it']),
    `a permissions boundary on the caller, if there is one, must contain ${JSON.stringify(assumeRoleBoundary().Statement[0])}`,
    `changes of IAM take a few minutes to arrive; try as the caller: ${command}`,
  ].join('\n')
}

function neededPolicy(call: FailedCall): ReturnType<typeof credentialsPolicy> {
  const { plan, region, callerArn } = call
  const accountId = plan.cluster.accountId ?? accountOf(callerArn)
  const cluster = { partition: partitionOf(region), region, accountId, clusterId: plan.cluster.clusterId }
  return plan.kind === 'database-user' ? credentialsPolicy(cluster) : credentialsWithIamPolicy(cluster)
}

function factsOf(call: FailedCall): Readonly<Record<string, unknown>> {
  const { plan, region, callerArn } = call
  return { database: plan.database, cluster: plan.cluster.clusterId, region, caller: callerArn, call: plan.call }
}

function accountOf(callerArn: string | undefined): string | undefined {
  return callerArn === undefined ? undefined : parseArn(callerArn)?.accountId
}

function nameOf(callerArn: string | undefined): string {
  return callerArn === undefined ? 'the identity of the Database Service' : principalOf(callerArn)
}

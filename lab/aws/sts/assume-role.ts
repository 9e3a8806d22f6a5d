/** STS AssumeRole: temporary credentials of a role for a caller it trusts (AWS STS API reference). */
import { assumeRoleDenied, notInTheLab, validationError } from '../aws-error.ts'
import type { AwsCall, AwsOperation } from '../operation.ts'
import { principalContext } from '../principal.ts'
import { mayAssumeRole } from '../trust.ts'
import { findRole } from '../world.ts'
import type { AwsRole } from '../world.ts'

const secondsMin = 900
const secondsMax = 43_200
const chainedSecondsMax = 3600
const secondsDefault = 3600

export const assumeRole: AwsOperation = { action: 'AssumeRole', answer: answerAssumeRole }

function answerAssumeRole(call: AwsCall) {
  const { world, principal, parameters, sessions, now, region } = call
  refuseUnknownFeatures(call)
  const roleArn = matching(call, 'RoleArn', /^arn:[a-z-]+:iam::\d{12}:role\/[\u0021-\u007F]{1,512}$/)
  const sessionName = matching(call, 'RoleSessionName', /^[\w+=,.@-]{2,64}$/)
  const externalId = parameters.optional('ExternalId')
  if (externalId !== undefined) matching(call, 'ExternalId', /^[\w+=,.@:/-]{2,1224}$/)
  const found = findRole(world, roleArn)
  const context = {
    ...principalContext(principal),
    'aws:RequestedRegion': region,
    'sts:RoleSessionName': sessionName,
    ...(externalId === undefined ? {} : { 'sts:ExternalId': externalId }),
  }
  // A role that does not exist is refused in the same words: a caller must not learn which roles there are.
  if (found === undefined || !mayAssumeRole({ world, principal, ...found, context })) throw assumeRoleDenied(principal.arn, roleArn)
  const seconds = sessionSeconds(call, found.role)
  const session = sessions.issue({ roleArn, sessionName, seconds }, now)
  return {
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey.reveal(),
      SessionToken: session.sessionToken.reveal(),
      Expiration: session.expires.toISOString(),
    },
    AssumedRoleUser: {
      AssumedRoleId: `${found.role.uniqueId}:${sessionName}`,
      Arn: `arn:${world.partition}:sts::${found.account.id}:assumed-role/${found.role.name}/${sessionName}`,
    },
  }
}

function refuseUnknownFeatures({ parameters }: AwsCall): void {
  if (parameters.optional('Policy') !== undefined || parameters.anyStartingWith('PolicyArns.')) throw notInTheLab('session policies')
  if (parameters.anyStartingWith('Tags.') || parameters.anyStartingWith('TransitiveTagKeys.')) throw notInTheLab('session tags')
  if (parameters.optional('SerialNumber') !== undefined) throw notInTheLab('multi-factor devices of IAM')
}

function matching({ parameters }: AwsCall, name: string, pattern: RegExp): string {
  const value = parameters.required(name)
  if (pattern.test(value)) return value
  const member = name.charAt(0).toLowerCase() + name.slice(1)
  throw validationError(
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern.source}`,
  )
}

function sessionSeconds({ parameters, principal }: AwsCall, role: AwsRole): number {
  const seconds = parameters.integer('DurationSeconds', {
    least: secondsMin,
    most: secondsMax,
    absent: secondsDefault,
    refusal: validationError,
  })
  if (principal.kind === 'role-session' && seconds > chainedSecondsMax) {
    throw validationError('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining')
  }
  if (seconds > role.maxSessionSeconds) {
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  }
  return seconds
}

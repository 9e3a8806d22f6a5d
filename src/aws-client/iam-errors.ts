/** The wording of IAM's refusals: what was attempted, which permission is missing, and the ways out of a limit (guide, troubleshooting). */
import { administrationPolicy, iamLimits, identityArn, printPolicy, type IamIdentity } from '#aws-model'
import { PortunusError } from '#foundation'
import { describeFailure } from './describe-failure.ts'
import { commonFailure } from './errors.ts'

/** What was attempted when IAM refused. */
export interface IamAttempt {
  /** Completes "Cannot". */
  readonly doing: string
  readonly action: string
  readonly resource: string
  readonly identity: IamIdentity
  readonly callerArn: string
  readonly region: string
  /** Of the document that was sent, as IAM counts them. */
  readonly characters?: number | undefined
}

/** AWS_IAM_DENIED, AWS_IAM_NOT_FOUND, AWS_IAM_LIMIT, AWS_IAM_NAME_TAKEN, AWS_IAM_DOCUMENT_REFUSED, or what every AWS call may fail with. */
export function iamFailed(error: unknown, attempt: IamAttempt): PortunusError {
  if (error instanceof PortunusError) return error
  const { doing, action, resource, callerArn, region, identity } = attempt
  const failure = describeFailure(error)
  const code = error instanceof Error ? error.name : ''
  const details = { action: `iam:${action}`, resource, identity: identityArn(identity), caller: callerArn }
  if (code === 'LimitExceeded') {
    return new PortunusError('AWS_IAM_LIMIT', `Cannot ${doing}: ${failure.text}${sizeText(attempt)}`, {
      category: 'limit-exceeded',
      hint: limitHint(failure.text, attempt),
      cause: error,
      details,
    })
  }
  if (code === 'NoSuchEntity') {
    return new PortunusError('AWS_IAM_NOT_FOUND', `Cannot ${doing}: ${failure.text}`, {
      category: 'not-found',
      hint: `check the name with aws iam list-${identity.kind}s; it is looked for in account ${identity.accountId ?? 'of the credentials'}`,
      cause: error,
      details,
    })
  }
  if (code === 'EntityAlreadyExists') {
    return new PortunusError('AWS_IAM_NAME_TAKEN', `Cannot ${doing}: ${failure.text}`, {
      category: 'already-exists',
      hint: 'choose another name with --policy-name: the policy of this name is under another path',
      cause: error,
      details,
    })
  }
  if (code === 'MalformedPolicyDocument' || code === 'InvalidInput' || code === 'DeleteConflict' || code === 'ValidationError') {
    return new PortunusError('AWS_IAM_DOCUMENT_REFUSED', `Cannot ${doing}: ${failure.text}`, {
      category: 'bad-input',
      hint: 'correct the ARNs of the configuration; --manual prints the document',
      cause: error,
      details,
    })
  }
  if (failure.kind === 'denied') return denied(failure.text, { ...attempt, details, cause: error })
  return commonFailure(doing, 'iam', { failure, region, cause: error, details })
}

/** AWS_POLICY_FOREIGN: a policy of that name is somebody else's. */
export function policyForeign(arn: string, name: string): PortunusError {
  return new PortunusError(
    'AWS_POLICY_FOREIGN',
    `Cannot change the IAM policy "${arn}": it exists and has no tag "teleport", so it is not ours`,
    {
      category: 'already-exists',
      hint: `choose another name with --policy-name, or take it over: aws iam tag-policy --policy-arn ${arn} --tags Key=teleport,Value= (now "${name}" would be overwritten)`,
    },
  )
}

/** AWS_ACCOUNT_OTHER: the credentials cannot change another account. */
export function accountOther(identity: IamIdentity, accountId: string): PortunusError {
  const message = `Cannot attach policies to "${identityArn(identity)}": the AWS credentials are of account ${accountId}`
  return new PortunusError('AWS_ACCOUNT_OTHER', message, {
    category: 'bad-input',
    hint: `run the command with credentials of account ${identity.accountId ?? ''}, or print the policies with --manual`,
  })
}

/** AWS_CALLER_UNATTACHABLE: nothing can be attached to whoever runs the command. */
export function callerUnattachable(arn: string, why: string): PortunusError {
  return new PortunusError('AWS_CALLER_UNATTACHABLE', `Cannot attach policies to "${arn}": ${why}`, {
    category: 'bad-input',
    hint: 'say whose permissions are meant with --attach-to-user or --attach-to-role',
  })
}

function denied(
  text: string,
  attempt: IamAttempt & { readonly details: Readonly<Record<string, unknown>>; readonly cause: unknown },
): PortunusError {
  const { doing, action, resource, identity, callerArn, details, cause } = attempt
  return new PortunusError('AWS_IAM_DENIED', `Cannot ${doing}: ${text}`, {
    category: 'access-denied',
    hint: [
      `allow iam:${action} on ${resource} to ${callerArn}; the command needs this policy in all, or print the policies with --manual`,
      printPolicy(administrationPolicy(identity)),
    ].join('\n'),
    cause,
    details,
  })
}

function sizeText({ characters }: IamAttempt): string {
  return characters === undefined ? '' : ` (the document has ${characters} characters, white space aside)`
}

function limitHint(text: string, { identity }: IamAttempt): string {
  const wildcard = `{"Effect":"Allow","Action":"redshift:GetClusterCredentials","Resource":"*"}`
  const spread = 'spread the databases over several roles with aws.assume_role_arn'
  if (/PoliciesPer(?:User|Role)/.test(text)) {
    return `detach policies the ${identity.kind} does not need (it holds ${iamLimits.attachedPolicies} unless AWS has raised the quota), ${spread}, or attach one statement for all clusters: ${wildcard}`
  }
  const asRole =
    identity.kind === 'user'
      ? `use a role, which may hold ${iamLimits.inlineRoleCharacters} characters inline, in the place of a user, `
      : ''
  return `${asRole}${spread}, or allow all clusters in one statement: ${wildcard}`
}

/** Failures as AWS words them: a code, an HTTP status and a text, for the error document of the wire. */

export class AwsError extends Error {
  override readonly name = 'AwsError'
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, message: string) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** The text identity policies are refused with at AWS. */
export function accessDenied(options: {
  readonly callerArn: string
  readonly action: string
  readonly resource: string
  readonly verdict: 'explicit-deny' | 'implicit-deny' | 'outside-boundary'
}): AwsError {
  const { callerArn, action, resource, verdict } = options
  const because = {
    'explicit-deny': 'with an explicit deny in an identity-based policy',
    'implicit-deny': `because no identity-based policy allows the ${action} action`,
    'outside-boundary': `because no permissions boundary allows the ${action} action`,
  }[verdict]
  return new AwsError('AccessDenied', 403, `User: ${callerArn} is not authorized to perform: ${action} on resource: ${resource} ${because}`)
}

/** The shorter text STS uses, whichever side of the trust is missing. */
export function assumeRoleDenied(callerArn: string, roleArn: string): AwsError {
  return new AwsError('AccessDenied', 403, `User: ${callerArn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`)
}

export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', 400, message)
}

export function invalidParameterValue(message: string): AwsError {
  return new AwsError('InvalidParameterValue', 400, message)
}

export function missingParameter(name: string): AwsError {
  return new AwsError('MissingParameter', 400, `The request must contain the parameter ${name}.`)
}

/** For what AWS can do and the lab cannot: better loud than silently ignored. */
export function notInTheLab(what: string): AwsError {
  return new AwsError('NotImplemented', 501, `The lab's AWS stand-in does not know ${what}.`)
}

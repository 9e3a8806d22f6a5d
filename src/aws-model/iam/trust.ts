/** Whom a role must trust before the Database Service can assume it (guide, troubleshooting). */
import type { PolicyDocument } from '../policy.ts'

/** Stands for the identity of the Database Service where it is not known. */
export const agentPlaceholder = 'arn:aws:iam::{account_id}:role/{database_service_role}'

/** The trust policy for these callers; the external ids are alternatives, none means no condition. */
export function trustDocument(callerArns: readonly string[], externalIds: readonly string[] = []): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: oneOrMany(callerArns) },
        Action: 'sts:AssumeRole',
        ...(externalIds.length === 0 ? {} : { Condition: { StringEquals: { 'sts:ExternalId': oneOrMany(externalIds) } } }),
      },
    ],
  }
}

function oneOrMany(values: readonly string[]): string | readonly string[] {
  const [first, ...others] = values
  return first !== undefined && others.length === 0 ? first : values
}

/** Refusals of IAM in IAM's words (IAM API reference, "Common errors" and the errors of each action). */
import { AwsError } from '../aws-error.ts'

export function noSuchEntity(message: string): AwsError {
  return new AwsError('NoSuchEntity', 404, message)
}

export function alreadyExists(message: string): AwsError {
  return new AwsError('EntityAlreadyExists', 409, message)
}

/** HTTP 409, as at IAM. */
export function limitExceeded(message: string): AwsError {
  return new AwsError('LimitExceeded', 409, message)
}

export function malformedDocument(message: string): AwsError {
  return new AwsError('MalformedPolicyDocument', 400, message)
}

export function deleteConflict(message: string): AwsError {
  return new AwsError('DeleteConflict', 409, message)
}

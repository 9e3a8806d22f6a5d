/** The rules for database users and names in Redshift's credential calls, and how long their passwords may live. */
import { invalidParameterValue } from '../aws-error.ts'
import type { QueryParameters } from '../query-protocol.ts'

// Amazon Redshift API reference, GetClusterCredentials: letters, digits and _+.@- from a letter on, 64 characters at most.
const namePattern = /^[A-Za-z][\w+.@-]{0,63}$/

/** Throws InvalidParameterValue. */
export function checkDatabaseUser(name: string): void {
  if (!namePattern.test(name) || name.toUpperCase() === 'PUBLIC') {
    throw invalidParameterValue(
      `Invalid DbUser "${name}": it must begin with a letter, hold letters, digits and _+.@- only, and not be PUBLIC.`,
    )
  }
}

/** Throws InvalidParameterValue. */
export function checkDatabaseName(name: string): void {
  if (!namePattern.test(name)) {
    throw invalidParameterValue(`Invalid DbName "${name}": it must begin with a letter and hold letters, digits and _+.@- only.`)
  }
}

/** 900 to 3600 seconds, 900 when not asked. */
export function passwordSeconds(parameters: QueryParameters): number {
  return parameters.integer('DurationSeconds', { least: 900, most: 3600, absent: 900 })
}

/** What happened in the lab, kept for people and tests: AWS calls (a small CloudTrail) and logins at the Redshift stand-in. */

export interface AwsCallRecord {
  readonly kind: 'aws-call'
  readonly time: string
  readonly service: string
  readonly action: string
  /** ARN of the caller; absent when the request was not authenticated. */
  readonly caller: string | undefined
  /** Request parameters as sent; none of the lab's operations takes a secret. */
  readonly parameters: Readonly<Record<string, string>>
  /** AWS error code, absent when the call succeeded. */
  readonly errorCode: string | undefined
  readonly errorMessage: string | undefined
}

export interface DatabaseLoginRecord {
  readonly kind: 'database-login'
  readonly time: string
  /** The name in the startup packet, such as `IAM:alice`. */
  readonly loginName: string
  readonly database: string
  /** All startup parameters as they arrived, before the Redshift-only ones were taken out. */
  readonly parameters: Readonly<Record<string, string>>
  /** Why the login was refused, absent when it succeeded. */
  readonly refusal: string | undefined
}

export interface DatabaseCancelRecord {
  readonly kind: 'database-cancel'
  readonly time: string
  readonly processId: number
}

export type ActivityRecord = AwsCallRecord | DatabaseLoginRecord | DatabaseCancelRecord

const recordsMax = 2000

/** Keeps the newest records and tells one listener about each. */
export class Activity {
  #records: ActivityRecord[] = []
  readonly #listener: ((record: ActivityRecord) => void) | undefined

  constructor(listener?: (record: ActivityRecord) => void) {
    this.#listener = listener
  }

  add(record: ActivityRecord): void {
    this.#records.push(record)
    if (this.#records.length > recordsMax) this.#records = this.#records.slice(-recordsMax / 2)
    this.#listener?.(record)
  }

  /** Oldest first. */
  records(): readonly ActivityRecord[] {
    return [...this.#records]
  }
}

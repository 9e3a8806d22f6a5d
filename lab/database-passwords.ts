/** The temporary database passwords of the lab: issued by the Redshift API of the AWS stand-in, accepted by the Redshift stand-in. */
import { Secret } from '#foundation'
import { newDatabasePassword } from './aws/secrets.ts'

export interface DatabasePasswordRequest {
  readonly clusterId: string
  /** What the client must send as user: `IAM:alice`, `IAMA:alice`, `IAMR:my-iam-role`. */
  readonly loginName: string
  /** The real user inside the database. */
  readonly databaseUser: string
  /** The one database the password opens; absent: all of them. */
  readonly databaseName: string | undefined
  /** Whether the login makes the user when it is missing. */
  readonly createUser: boolean
  readonly seconds: number
}

export interface DatabasePassword extends Omit<DatabasePasswordRequest, 'seconds'> {
  readonly password: Secret<string>
  readonly expires: Date
}

export class DatabasePasswords {
  #issued: DatabasePassword[] = []

  issue(request: DatabasePasswordRequest, now: Date): DatabasePassword {
    this.#issued = this.#issued.filter(({ expires }) => expires > now)
    const { seconds, ...rest } = request
    const password = { ...rest, password: new Secret(newDatabasePassword()), expires: new Date(now.getTime() + seconds * 1000) }
    this.#issued.push(password)
    return password
  }

  /** Those a login with that name to that database may use now. */
  usable(
    login: { readonly clusterId: string; readonly loginName: string; readonly databaseName: string },
    now: Date,
  ): readonly DatabasePassword[] {
    return this.#issued.filter(
      (candidate) =>
        candidate.clusterId === login.clusterId &&
        candidate.loginName === login.loginName &&
        (candidate.databaseName ?? login.databaseName) === login.databaseName &&
        candidate.expires > now,
    )
  }
}

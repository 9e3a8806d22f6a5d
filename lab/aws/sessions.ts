/** Temporary credentials that STS issued and has not forgotten. */
import { Secret } from '#foundation'
import { newSecretAccessKey, newSessionToken, newUniqueId } from './secrets.ts'

export interface Session {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret<string>
  readonly sessionToken: Secret<string>
  readonly expires: Date
  readonly roleArn: string
  readonly sessionName: string
}

// Expired sessions are remembered for this long, so that their keys answer ExpiredToken rather than InvalidClientTokenId.
const memoryMilliseconds = 24 * 3_600_000

export class Sessions {
  readonly #byKeyId = new Map<string, Session>()

  issue(grant: { readonly roleArn: string; readonly sessionName: string; readonly seconds: number }, now: Date): Session {
    this.#forget(now)
    const session: Session = {
      accessKeyId: newUniqueId('ASIA'),
      secretAccessKey: new Secret(newSecretAccessKey()),
      sessionToken: new Secret(newSessionToken()),
      expires: new Date(now.getTime() + grant.seconds * 1000),
      roleArn: grant.roleArn,
      sessionName: grant.sessionName,
    }
    this.#byKeyId.set(session.accessKeyId, session)
    return session
  }

  find(accessKeyId: string): Session | undefined {
    return this.#byKeyId.get(accessKeyId)
  }

  #forget(now: Date): void {
    for (const [keyId, session] of this.#byKeyId) {
      if (session.expires.getTime() + memoryMilliseconds < now.getTime()) this.#byKeyId.delete(keyId)
    }
  }
}

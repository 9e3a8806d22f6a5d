/** From a signed request to the principal who sent it, or the error AWS answers. */
import { Secret } from '#foundation'
import { AwsError } from './aws-error.ts'
import { equalTexts } from '../equal-texts.ts'
import { rolePrincipal, userPrincipal } from './principal.ts'
import type { Principal } from './principal.ts'
import type { Sessions } from './sessions.ts'
import { checkSignedHeaders, expectedSignature, signatureMismatch, signingTime } from './signature.ts'
import type { Authorization, SignedRequest } from './signature.ts'
import { findRole } from './world.ts'
import type { AwsWorld } from './world.ts'

const clockSkewMinutesMax = 5

export interface AuthenticateOptions {
  readonly world: AwsWorld
  readonly sessions: Sessions
  readonly now: Date
}

/**
 * Throws InvalidClientTokenId (unknown key, session token missing or not the key's own), ExpiredToken,
 * SignatureDoesNotMatch (also for a clock that is more than five minutes off, as STS says it) or IncompleteSignature.
 */
export function authenticate(request: SignedRequest, authorization: Authorization, options: AuthenticateOptions): Principal {
  const { principal, secretAccessKey } = findCredentials(request, authorization, options)
  checkSigningTime(signingTime(request), authorization, options.now)
  checkSignedHeaders(request, authorization)
  const declaredHash = request.headers.get('x-amz-content-sha256')?.[0]
  if (declaredHash === 'UNSIGNED-PAYLOAD') throw signatureMismatch('The payload must be signed.')
  const expected = expectedSignature(request, authorization, secretAccessKey.reveal())
  if (!equalTexts(expected, authorization.signature)) {
    throw signatureMismatch(
      'The request signature we calculated does not match the signature you provided. ' +
        'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    )
  }
  return principal
}

interface FoundCredentials {
  readonly principal: Principal
  readonly secretAccessKey: Secret<string>
}

function findCredentials(request: SignedRequest, authorization: Authorization, options: AuthenticateOptions): FoundCredentials {
  const token = request.headers.get('x-amz-security-token')?.join(',')
  const session = options.sessions.find(authorization.accessKeyId)
  if (session !== undefined) {
    if (token === undefined || !equalTexts(session.sessionToken.reveal(), token)) throw invalidToken()
    if (session.expires <= options.now) {
      throw new AwsError('ExpiredToken', 403, 'The security token included in the request is expired')
    }
    const found = findRole(options.world, session.roleArn)
    if (found === undefined) throw invalidToken()
    const principal = rolePrincipal(options.world, { ...found, sessionName: session.sessionName })
    return { principal, secretAccessKey: session.secretAccessKey }
  }
  if (token !== undefined) throw invalidToken()
  for (const account of options.world.accounts) {
    for (const user of account.users) {
      const key = user.accessKeys.find(({ id }) => id === authorization.accessKeyId)
      if (key !== undefined) return { principal: userPrincipal(options.world, account, user), secretAccessKey: key.secret }
    }
  }
  throw invalidToken()
}

function checkSigningTime(signedAt: Date, authorization: Authorization, now: Date): void {
  const stamp = compact(signedAt)
  if (authorization.date !== stamp.slice(0, 8)) {
    throw signatureMismatch(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${authorization.date}' != '${stamp.slice(0, 8)}', from '${stamp}'.`,
    )
  }
  const skewMilliseconds = clockSkewMinutesMax * 60_000
  const earliest = new Date(now.getTime() - skewMilliseconds)
  const latest = new Date(now.getTime() + skewMilliseconds)
  if (signedAt < earliest) {
    throw signatureMismatch(
      `Signature expired: ${stamp} is now earlier than ${compact(earliest)} (${compact(now)} - ${clockSkewMinutesMax} min.)`,
    )
  }
  if (signedAt > latest) {
    throw signatureMismatch(
      `Signature not yet current: ${stamp} is still later than ${compact(latest)} (${compact(now)} + ${clockSkewMinutesMax} min.)`,
    )
  }
}

/** `20240131T235959Z` */
function compact(time: Date): string {
  return time.toISOString().replaceAll(/[-:]|\.\d+/g, '')
}

function invalidToken(): AwsError {
  return new AwsError('InvalidClientTokenId', 403, 'The security token included in the request is invalid.')
}

/** Login with password and one-time password: proof, lockout, and a certificate for the session. */
import { sessionTtlMilliseconds } from '#access'
import { userLogin } from '#audit-events'
import type { UserIdentity } from '#certificates'
import { PortunusError, type Clock, type Log, type Randomness, type Secret } from '#foundation'
import type { User } from '#resources'
import { failureOf, type AuditTrail } from './audit-trail.ts'
import type { AuthPreferences } from './auth-preferences.ts'
import { later } from './context.ts'
import type { Credentials } from './credentials.ts'
import type { IssuedCertificate, Issuer } from './issue.ts'
import type { Locks } from './locks.ts'
import type { Lockout, LoginAttempts } from './login-attempts.ts'
import type { Roles } from './roles.ts'
import type { Users } from './users.ts'

export interface LoginRequest {
  readonly user: string
  readonly password: Secret<string>
  readonly oneTimePassword: Secret<string> | undefined
  readonly publicKeyPem: string
  readonly ttlMilliseconds: number | undefined
  readonly clientAddress: string
}

export interface Logins {
  /** Throws LOGIN_REFUSED, LOGIN_LOCKED, LOGIN_SECOND_FACTOR_MISSING; none of them tells whether the user exists. LOCK_IN_FORCE after the proof. */
  login(request: LoginRequest): Promise<IssuedCertificate>
}

export interface LoginsOptions {
  readonly authPreferences: AuthPreferences
  readonly users: Users
  readonly roles: Roles
  readonly locks: Locks
  readonly credentials: Credentials
  readonly attempts: LoginAttempts
  readonly issuer: Issuer
  readonly audit: AuditTrail
  readonly log: Log
  readonly clock: Clock
  readonly randomness: Randomness
  readonly clusterName: string
}

export function openLogins(options: LoginsOptions): Logins {
  return {
    async login(request) {
      const person = { user: request.user, user_kind: 'human', client_address: request.clientAddress, method: 'local' } as const
      let brought: Lockout | undefined
      try {
        const user = await prove(request, options, (lockout) => (brought = lockout))
        await options.locks.refuse({ user: request.user, roles: user.spec.roles }, `log in as "${request.user}"`)
        const { identity, notAfter } = await plan(user, request, options)
        const issued = await options.issuer.issue({
          authority: 'user',
          publicKeyPem: request.publicKeyPem,
          identity,
          usages: ['client'],
          notAfter,
        })
        await options.audit.record(userLogin({ ...person, success: true, expires: issued.validUntil.toISOString() }))
        return issued
      } catch (error) {
        await options.audit.record(userLogin({ ...person, ...failureOf(error), ...lockoutFields(brought) }))
        throw error
      }
    },
  }
}

async function prove(request: LoginRequest, options: LoginsOptions, onLockout: (lockout: Lockout) => void): Promise<User> {
  const { oneTimePassword } = request
  // Said before the password is looked at, and to everybody, so that it tells nothing about password or user.
  if (oneTimePassword === undefined || oneTimePassword.reveal().trim() === '') throw secondFactorMissing(request.user)
  const attempt = await options.attempts.begin(request.user, request.clientAddress)
  const proof = await options.credentials.prove(request.user, { password: request.password, oneTimePassword })
  const user = await options.users.get(request.user)
  switch (proof) {
    case 'proven':
      if (user === undefined) break // deleted a moment ago
      await attempt.succeeded()
      // A lock that has ended is only a memory.
      if (user.spec.status?.isLocked === true) await options.users.unlock(request.user)
      return user
    case 'replayed':
      // Whoever logs in twice within half a minute is no guesser.
      await attempt.undecided()
      throw loginRefused(request.user)
    case 'wrong':
      break
  }
  const lockout = await attempt.failed()
  if (lockout !== undefined) {
    options.log.warn('too many failed logins', { user: request.user, clientAddress: request.clientAddress, shutOut: lockout.network })
    onLockout(lockout)
  }
  throw loginRefused(request.user)
}

function lockoutFields(lockout: Lockout | undefined) {
  return lockout === undefined ? {} : { locked_out: lockout.network, locked_until: lockout.until.toISOString() }
}

async function plan(
  user: User,
  request: LoginRequest,
  options: LoginsOptions,
): Promise<{ readonly identity: UserIdentity; readonly notAfter: Date }> {
  const roles = await options.roles.named(user.spec.roles)
  const identity: UserIdentity = {
    kind: 'user',
    user: user.metadata.name,
    roles: user.spec.roles,
    traits: user.spec.traits,
    cluster: options.clusterName,
    usage: 'login',
    clientAddress: request.clientAddress,
    certificateId: options.randomness.uuid(),
  }
  const { defaultSessionTtlMilliseconds } = (await options.authPreferences.get()).spec
  const ttl = sessionTtlMilliseconds(roles, request.ttlMilliseconds ?? defaultSessionTtlMilliseconds)
  return { identity, notAfter: later(options.clock, ttl) }
}

function loginRefused(user: string): PortunusError {
  return new PortunusError('LOGIN_REFUSED', `Cannot log in as "${user}": user name, password or one-time code is wrong`, {
    category: 'unauthenticated',
    hint: 'try again; a one-time code works once, so wait for the next one',
  })
}

function secondFactorMissing(user: string): PortunusError {
  return new PortunusError('LOGIN_SECOND_FACTOR_MISSING', `Cannot log in as "${user}": the second factor is missing`, {
    category: 'unauthenticated',
    hint: 'give the code of the authenticator app with the password',
  })
}

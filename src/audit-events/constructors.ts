/** Bodies whose code depends on how it went. */
import type { HostJoin, InviteRedeemed, UserLogin } from './cluster-events.ts'
import type { DatabaseQuery, DatabaseSessionCancel, DatabaseSessionStart, QueryOutcome } from './database-session-events.ts'
import { redactSql } from './redact-sql.ts'

type Fields<Body> = Omit<Body, 'event' | 'code'>

export function userLogin(fields: Fields<UserLogin>): UserLogin {
  return { event: 'user.login', code: fields.success ? 'T1000I' : 'T1000W', ...fields }
}

export function inviteRedeemed(fields: Fields<InviteRedeemed>): InviteRedeemed {
  return { event: 'invite.redeemed', code: fields.success ? 'TPI02I' : 'TPI02W', ...fields }
}

export function hostJoin(fields: Fields<HostJoin>): HostJoin {
  return { event: 'join', code: fields.success ? 'TJ001I' : 'TJ001W', ...fields }
}

export function databaseSessionStart(fields: Fields<DatabaseSessionStart>): DatabaseSessionStart {
  return { event: 'db.session.start', code: fields.success ? 'TDB00I' : 'TDB00W', ...fields }
}

export function databaseSessionCancel(fields: Fields<DatabaseSessionCancel>): DatabaseSessionCancel {
  return { event: 'db.session.cancel', code: fields.success ? 'TDB11I' : 'TDB11W', ...fields }
}

const successByOutcome: Readonly<Record<QueryOutcome, boolean | undefined>> = {
  ok: true,
  suspended: true,
  error: false,
  skipped: false,
  refused: false,
  unknown: undefined,
}

/** Whether an outcome counts as a success, if that is known, and the code that tells so. */
export function successOf(outcome: QueryOutcome): { readonly success: boolean | undefined; readonly code: DatabaseQuery['code'] } {
  const success = successByOutcome[outcome]
  return { success, code: success === false ? 'TDB02W' : 'TDB02I' }
}

/** A statement; secrets in its text and in the server's error message are blanked here, so that no caller can forget it. */
export function databaseQuery(fields: Omit<Fields<DatabaseQuery>, 'success'>): DatabaseQuery {
  const { success, code } = successOf(fields.outcome)
  return {
    event: 'db.session.query',
    code,
    ...fields,
    db_query: redactSql(fields.db_query),
    ...(fields.error === undefined ? {} : { error: redactSql(fields.error) }),
    success,
  }
}

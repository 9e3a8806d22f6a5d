/** `tsh request create`: asks for roles and, unless told otherwise, waits for the answer. */
import { PortunusError, parseDuration } from '#foundation'
import { requestAndAssume } from '../await-request.ts'
import { nonEmpty, validLogin, type TshContext } from '../context.ts'
import { textOrUndefined, type Flags } from '../program.ts'
import { listOf } from '../request-program.ts'
import { tellStatus } from './status.ts'

export async function createRequest(context: TshContext, flags: Flags): Promise<number> {
  const roles = listOf(flags, 'roles')
  if (roles.length === 0) {
    throw new PortunusError('REQUEST_ROLES_MISSING', 'Cannot request access: no role is named', {
      category: 'bad-input',
      hint: 'name them like --roles=dba; see which you may request with: tsh request search --roles',
    })
  }
  const login = await validLogin(context)
  const isAwaited = flags['nowait'] !== true
  const assumed = await requestAndAssume(context, login, {
    roles,
    reason: nonEmpty(textOrUndefined(flags['reason'])),
    reviewers: listOf(flags, 'reviewers'),
    accessMilliseconds: duration(flags, 'maxDuration') ?? duration(flags, 'sessionTtl'),
    pendingMilliseconds: duration(flags, 'requestTtl'),
    isAwaited,
  })
  if (isAwaited) await tellStatus(context, assumed)
  return 0
}

function duration(flags: Flags, name: string): number | undefined {
  const text = nonEmpty(textOrUndefined(flags[name]))
  return text === undefined ? undefined : parseDuration(text)
}

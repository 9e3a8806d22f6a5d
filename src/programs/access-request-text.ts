/** How access requests look in lists and in full. */
import { relativeTime, statusTime } from '#presentation'
import { printAccessRequest, type AccessRequest } from '#resources'
import { formatDuration } from '#foundation'

/** Longer reasons are cut in tables; `show` and `get` have them in full. */
const reasonLengthMax = 75

export const requestColumns = ['ID', 'User', 'Roles', 'Created At (UTC)', 'Ends', 'Access', 'Status', 'Reason'] as const

export function requestRow({ metadata, spec }: AccessRequest, now: Date): readonly string[] {
  return [
    metadata.name,
    spec.user,
    spec.roles.join(','),
    shortTime(spec.created),
    metadata.expires === undefined ? '' : relativeTime(new Date(metadata.expires), now),
    formatDuration(spec.accessMilliseconds),
    spec.state,
    cutReason(spec.requestReason),
  ]
}

export const tctlRequestColumns = [
  'Token',
  'Requestor',
  'Metadata',
  'Created At (UTC)',
  'Status',
  'Request Reason',
  'Resolve Reason',
] as const

export function tctlRequestRow({ metadata, spec }: AccessRequest): readonly string[] {
  return [
    metadata.name,
    spec.user,
    `roles=${spec.roles.join(',')}`,
    shortTime(spec.created),
    spec.state,
    cutReason(spec.requestReason),
    cutReason(spec.resolveReason),
  ]
}

/** Everything about a request, labels padded to one column. */
export function requestText({ metadata, spec }: AccessRequest): string {
  const end = metadata.expires === undefined ? '' : statusTime(new Date(metadata.expires))
  const rows: readonly (readonly [string, string])[] = [
    ['Request ID:', metadata.name],
    ['Username:', spec.user],
    ['Roles:', spec.roles.join(', ')],
    ['Resources:', spec.resourceIds?.join(', ') ?? ''],
    ['Reason:', quoted(spec.requestReason)],
    ['Reviewers:', spec.suggestedReviewers === undefined ? '' : `${spec.suggestedReviewers.join(', ')} (suggested)`],
    ['Status:', spec.state],
    ['Resolved by:', spec.resolvedBy ?? ''],
    ['Answer:', quoted(spec.resolveReason)],
    ['Access lasts:', `${formatDuration(spec.accessMilliseconds)} from the approval on`],
    [spec.state === 'APPROVED' ? 'Access ends:' : 'Request ends:', end],
    ...spec.reviews.map(({ author, state, reason }): readonly [string, string] => [
      'Review:',
      `${state} by ${author}${reason === undefined ? '' : `: ${quoted(reason)}`}`,
    ]),
  ]
  const filled = rows.filter(([, value]) => value !== '')
  return filled.map(([label, value]) => `${label.padEnd(15)}${value}`).join('\n')
}

export const requestDocument = printAccessRequest

function quoted(reason: string | undefined): string {
  return reason === undefined ? '' : `"${reason}"`
}

function cutReason(reason: string | undefined): string {
  if (reason === undefined) return ''
  return reason.length <= reasonLengthMax ? quoted(reason) : `"${reason.slice(0, reasonLengthMax)}..." [*]`
}

function shortTime(time: string): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ')
}

/** Said under a table in which a reason was cut; undefined where none was. */
export function cutNote(requests: readonly AccessRequest[], command: string): string | undefined {
  const isCut = requests.some(({ spec }) =>
    [spec.requestReason, spec.resolveReason].some((reason) => (reason ?? '').length > reasonLengthMax),
  )
  return isCut ? `[*] the whole reason: ${command}` : undefined
}

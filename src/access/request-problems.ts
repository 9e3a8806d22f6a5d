/** What is wrong in the sections of a role about requesting and reviewing: what would never count, or not as it looks. */
import { parseDuration, PortunusError } from '#foundation'
import type { RoleConditions } from '#resources'
import type { RoleProblem } from './role-problems.ts'
import { textsOf } from './role-requests.ts'

type ListProblems = (entries: readonly string[], path: string) => readonly RoleProblem[]

export function requestProblems(
  { request, reviewRequests }: RoleConditions,
  path: string,
  listProblems: ListProblems,
): readonly RoleProblem[] {
  const problems: RoleProblem[] = []
  if (request !== undefined) {
    problems.push(...listProblems(textsOf(request, 'roles'), `${path}.request.roles`))
    problems.push(...durationProblems(request['max_duration'], `${path}.request.max_duration`))
    problems.push(...thresholdProblems(request['thresholds'], `${path}.request.thresholds`))
  }
  if (reviewRequests !== undefined) {
    problems.push(...listProblems(textsOf(reviewRequests, 'roles'), `${path}.review_requests.roles`))
    const { where } = reviewRequests
    if (typeof where === 'string' && where !== '') problems.push(error(`${path}.review_requests.where`, 'conditions are not evaluated'))
  }
  return problems
}

function durationProblems(duration: unknown, path: string): readonly RoleProblem[] {
  if (typeof duration !== 'string' || duration.trim() === '') return []
  try {
    return parseDuration(duration) > 0 ? [] : [error(path, 'a request would last no time')]
  } catch (cause) {
    if (!(cause instanceof PortunusError)) throw cause
    return [error(path, cause.message)]
  }
}

function thresholdProblems(thresholds: unknown, path: string): readonly RoleProblem[] {
  const list: readonly unknown[] = Array.isArray(thresholds) ? thresholds : []
  if (list.length > 0 && path.startsWith('spec.deny')) return [error(path, 'thresholds have a meaning in allow only')]
  return list.flatMap((threshold, index) => {
    if (typeof threshold !== 'object' || threshold === null) return []
    const at = `${path}[${index}]`
    const problems = ['approve', 'deny'].flatMap((name) => countProblems(Reflect.get(threshold, name), `${at}.${name}`))
    const filter: unknown = Reflect.get(threshold, 'filter')
    const isFiltered = typeof filter === 'string' && filter !== ''
    return isFiltered ? [...problems, error(`${at}.filter`, 'conditions are not evaluated: the threshold would approve nothing')] : problems
  })
}

function countProblems(count: unknown, path: string): readonly RoleProblem[] {
  if (count === undefined || (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= 1000)) return []
  return [error(path, 'a whole number of reviewers is expected, from 1 to 1000')]
}

function error(path: string, text: string): RoleProblem {
  return { severity: 'error', path, text }
}

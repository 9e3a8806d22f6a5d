/** What is wrong with a configuration file, where, and how all of it is told at once. */
import { PortunusError } from '#foundation'

export interface Position {
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

export interface Problem extends Position {
  /** Like `db_service.databases[0].uri`; empty for the file as a whole. */
  readonly key: string
  /** What is wrong there, and what was expected. */
  readonly text: string
}

/** Something that is accepted and still worth telling. */
export interface ConfigurationWarning extends Position {
  readonly key: string
  readonly text: string
}

const problemsShownMax = 20

/** CONFIGURATION_REFUSED with every problem as `path:line:column: key: text`, in the order of the file. */
export function configurationRefused(path: string, problems: readonly Problem[]): PortunusError {
  const sorted = problems.toSorted((left, right) => left.line - right.line || left.column - right.column)
  const shown = sorted.slice(0, problemsShownMax).map((problem) => placeOf(path, problem))
  const more = sorted.length > problemsShownMax ? [`and ${sorted.length - problemsShownMax} more`] : []
  const state = sorted.length === 1 ? shown.join('') : `${sorted.length} problems\n  ${[...shown, ...more].join('\n  ')}`
  return new PortunusError('CONFIGURATION_REFUSED', `Cannot use the configuration "${path}": ${state}`, {
    category: 'bad-input',
    hint: `correct the file, then check it with teleport configure --test ${path}`,
    details: { path, problems: sorted.slice(0, problemsShownMax) },
  })
}

/** `path:line:column: key: text`, as compilers say it, so that editors can jump there. */
export function placeOf(path: string, problem: Problem | ConfigurationWarning): string {
  return `${path}:${problem.line}:${problem.column}: ${problem.key === '' ? '' : `${problem.key}: `}${problem.text}`
}

/** Steps into a document as people write them: `db_service.databases[0].uri`. */
export function keyText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else text += text === '' ? shownStep(step) : `.${shownStep(step)}`
  }
  return text
}

function shownStep(step: PropertyKey): string {
  const text = String(step)
  return /^[\w./:*-]{1,64}$/.test(text) ? text : JSON.stringify(text.slice(0, 64))
}

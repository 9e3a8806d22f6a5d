/** What generated configurations have in common: they are read by the real parser before anyone sees them, and refusals name flags. */
import { PortunusError } from '#foundation'
import { parseTeleportYaml } from './parse-teleport-yaml.ts'

/** Which flag wrote a key: the first pattern that fits. */
export type FlagsByKey = readonly (readonly [key: RegExp, flag: string])[]

const commonKeys: FlagsByKey = [
  [/^teleport\.nodename$/, '--nodename'],
  [/^teleport\.data_dir$/, '--data-dir'],
  [/^teleport\.proxy_server$/, '--proxy'],
  [/^teleport\.auth_server$/, '--auth-server'],
  [/^teleport\.auth_token$/, '--token'],
  [/^teleport\.ca_pin/, '--ca-pin'],
]

/** Throws CONFIGURATION_FLAGS_REFUSED when `teleport start` would refuse the text. */
export function checkGenerated(text: string, keys: FlagsByKey): void {
  try {
    parseTeleportYaml(text, { path: 'the generated file' })
  } catch (error) {
    const problems = error instanceof PortunusError ? error.details?.['problems'] : undefined
    if (!Array.isArray(problems)) throw error
    throw flagsRefused(problems.map((problem: unknown) => flagText(problem, [...keys, ...commonKeys])))
  }
}

/** CONFIGURATION_FLAGS_REFUSED, one `--flag: what was expected` for each problem. */
export function flagsRefused(problems: readonly string[]): PortunusError {
  const distinct = [...new Set(problems)]
  const state = distinct.length === 1 ? distinct.join('') : `${distinct.length} problems\n  ${distinct.join('\n  ')}`
  return new PortunusError('CONFIGURATION_FLAGS_REFUSED', `Cannot make a configuration of these flags: ${state}`, {
    category: 'bad-input',
    hint: 'correct the flags and run the command again',
    details: { problems: distinct },
  })
}

/** `env=dev,team=data` as labels. Throws CONFIGURATION_FLAGS_REFUSED. */
export function labelsOfFlag(flag: string, text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').map((part) => {
    const [, key, value] = /^([^=]+)=(.*)$/.exec(part.trim()) ?? []
    if (key === undefined || value === undefined || key === '__proto__')
      throw flagsRefused([`${flag}: expected name=value, separated by commas, got ${JSON.stringify(part)}`])
    if (/^\[.*\]$/.test(value)) throw flagsRefused([`${flag}: labels that a command prints are not supported, got ${JSON.stringify(part)}`])
    return [key.trim(), value.trim()] as const
  })
  return Object.fromEntries(pairs)
}

function flagText(problem: unknown, keys: FlagsByKey): string {
  const key = String(fieldOf(problem, 'key'))
  const flag = keys.find(([pattern]) => pattern.test(key))?.[1] ?? key
  return `${flag}: ${String(fieldOf(problem, 'text'))}`
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** Reads a teleport.yaml for the tests of this room, or lists what is wrong with it. */
import assert from 'node:assert/strict'
import { PortunusError } from '#foundation'
import type { TeleportConfiguration } from './configuration.ts'
import { parseTeleportYaml } from './parse-teleport-yaml.ts'
import { placeOf } from './problem.ts'

export const configurationPath = '/etc/teleport.yaml'
export const parse = (text: string): TeleportConfiguration => parseTeleportYaml(text, { path: configurationPath, hostname: 'host-1' })

/** The problems as `line:column: key: text`, without the path. */
export function problemsOf(text: string): readonly string[] {
  try {
    parse(text)
    return []
  } catch (error) {
    assert.ok(error instanceof PortunusError && error.code === 'CONFIGURATION_REFUSED', String(error))
    assert.ok(error.message.startsWith(`Cannot use the configuration "${configurationPath}": `))
    const problems = error.details?.['problems'] as Parameters<typeof placeOf>[1][]
    return problems.map((problem) => placeOf('', problem).slice(1))
  }
}

/** `teleport db configure create`: the configuration of a Database Service from flags (guide, step 2). */
import { printDatabaseConfiguration } from '#configuration'
import { discoveryTypes } from '../configure-flags.ts'
import { listFlag, textFlag, type Flags } from '../flag-values.ts'
import type { TeleportWorld } from '../world.ts'
import { startCommand, writeOutput } from '../write-output.ts'

export async function createDatabaseConfiguration(world: TeleportWorld, flags: Flags): Promise<number> {
  const text = printDatabaseConfiguration({
    nodename: world.machine.hostname,
    dataDirectory: textFlag(flags, 'dataDir'),
    proxy: textFlag(flags, 'proxy'),
    token: textFlag(flags, 'token'),
    caPins: listFlag(flags, 'caPin'),
    name: textFlag(flags, 'name'),
    protocol: textFlag(flags, 'protocol'),
    uri: textFlag(flags, 'uri'),
    labels: textFlag(flags, 'labels'),
    caCertFile: textFlag(flags, 'caCertFile'),
    dynamicResourcesLabels: listFlag(flags, 'dynamicResourcesLabels'),
    discoveryRegions: discoveryRegions(flags),
    awsTags: textFlag(flags, 'awsTags'),
    awsRegion: textFlag(flags, 'awsRegion'),
    awsAccountId: textFlag(flags, 'awsAccountId'),
    awsAssumeRoleArn: textFlag(flags, 'awsAssumeRoleArn'),
    awsExternalId: textFlag(flags, 'awsExternalId'),
    awsRedshiftClusterId: textFlag(flags, 'awsRedshiftClusterId'),
    awsRdsInstanceId: textFlag(flags, 'awsRdsInstanceId'),
    awsRdsClusterId: textFlag(flags, 'awsRdsClusterId'),
  })
  await writeOutput(world, {
    text,
    output: String(flags['output']),
    defaultFile: '/etc/teleport.yaml',
    next: (path) => `Start the Database Service with: ${startCommand(path)}`,
  })
  return 0
}

/** Each flag may be repeated, and each value may name several regions. */
function discoveryRegions(flags: Flags): Readonly<Record<string, readonly string[]>> {
  const typed = discoveryTypes.map((type) => {
    const regions = listFlag(flags, `${camelCase(type)}Discovery`).flatMap((value) => value.split(','))
    return [type, regions.map((region) => region.trim())] as const
  })
  return Object.fromEntries(typed.filter(([, regions]) => regions.length > 0))
}

function camelCase(text: string): string {
  return text.replaceAll(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())
}

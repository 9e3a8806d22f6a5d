/** `teleport configure`: prints or writes a configuration that works, or checks one with --test. */
import { parseTeleportYaml, placeOf, printConfiguration } from '#configuration'
import { PortunusError } from '#foundation'
import { listFlag, textFlag, type Flags } from '../flag-values.ts'
import type { TeleportWorld } from '../world.ts'
import { startCommand, writeOutput } from '../write-output.ts'

export async function configure(world: TeleportWorld, flags: Flags): Promise<number> {
  const tested = textFlag(flags, 'test')
  if (tested !== undefined) return await testFile(world, tested)
  if (textFlag(flags, 'version') !== 'v3') {
    throw new PortunusError('USAGE_REFUSED', `Cannot write a configuration of version "${String(flags['version'])}": expected v3`, {
      category: 'bad-input',
    })
  }
  const text = printConfiguration({
    nodename: world.machine.hostname,
    clusterName: textFlag(flags, 'clusterName'),
    publicAddress: textFlag(flags, 'publicAddr'),
    certificateFile: textFlag(flags, 'certFile'),
    keyFile: textFlag(flags, 'keyFile'),
    dataDirectory: textFlag(flags, 'dataDir'),
    token: textFlag(flags, 'token'),
    caPins: listFlag(flags, 'caPin'),
    roles: textFlag(flags, 'roles'),
    proxy: textFlag(flags, 'proxy'),
    authServer: textFlag(flags, 'authServer'),
  })
  await writeOutput(world, {
    text,
    output: String(flags['output']),
    defaultFile: '/etc/teleport.yaml',
    next: (path) => `Start the services with: ${startCommand(path)}`,
  })
  return 0
}

async function testFile(world: TeleportWorld, path: string): Promise<number> {
  const configuration = parseTeleportYaml(await world.files.readText(path), { path, hostname: world.machine.hostname })
  for (const warning of configuration.warnings) world.terminal.tell(`WARNING: ${placeOf(path, warning)}`)
  world.terminal.tell(`OK ${path}`)
  return 0
}

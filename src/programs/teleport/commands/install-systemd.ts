/** `teleport install systemd`: the unit that starts teleport when the host boots (guide, step 5). */
import { printSystemdUnit } from '#configuration'
import { textFlag, type Flags } from '../flag-values.ts'
import type { TeleportWorld } from '../world.ts'
import { writeOutput } from '../write-output.ts'

export async function installSystemd(world: TeleportWorld, flags: Flags): Promise<number> {
  const text = printSystemdUnit({
    teleportPath: textFlag(flags, 'teleportPath') ?? world.programPath,
    environmentFile: String(flags['envFile']),
    pidFile: String(flags['pidFile']),
    fileDescriptorsMax: Number(flags['fdLimit']),
  })
  await writeOutput(world, {
    text,
    output: String(flags['output']),
    mode: 0o644,
    next: () => 'Enable and start the service with: sudo systemctl enable teleport && sudo systemctl start teleport',
  })
  return 0
}

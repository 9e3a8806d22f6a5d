/** `teleport install systemd`: the unit that starts teleport when the host boots (guide, step 5). */
import { printSystemdUnit } from '#configuration'
import { PortunusError } from '#foundation'
import type { Flags } from '../program.ts'
import type { TeleportWorld } from '../world.ts'

export async function installSystemd(world: TeleportWorld, flags: Flags): Promise<number> {
  const unit = printSystemdUnit({
    environmentFile: String(flags['envFile']),
    pidFile: String(flags['pidFile']),
    fileLimit: positiveNumber(String(flags['fdLimit'])),
    teleportPath: typeof flags['teleportPath'] === 'string' ? flags['teleportPath'] : '/usr/local/bin/teleport',
  })
  const output = String(flags['output'])
  if (output === 'stdout') {
    world.terminal.answer(unit)
    return 0
  }
  if (!output.startsWith('/')) {
    throw new PortunusError('OUTPUT_RELATIVE', `Cannot write the unit to "${output}": the path is relative`, {
      category: 'bad-input',
      hint: 'give an absolute path: sudo teleport install systemd -o /etc/systemd/system/teleport.service',
    })
  }
  await world.files.writeText(output, unit, { mode: 0o644, directoryMode: 0o755 })
  world.terminal.tell(`The unit was written to "${output}". Enable it with: sudo systemctl enable teleport`)
  return 0
}

function positiveNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new PortunusError('USAGE_REFUSED', `Cannot use "${text}" as --fd-limit: expected a whole number above 0`, { category: 'bad-input' })
}

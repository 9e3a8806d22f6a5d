/** `tctl lock`: keeps somebody or something out, at once and everywhere. */
import { PortunusError, formatDuration, parseDuration } from '#foundation'
import { lockTargets } from '../lock-targets.ts'
import { textFlag, withAuthority, type TctlContext } from '../context.ts'

export async function createLock(context: TctlContext): Promise<number> {
  const target = Object.fromEntries(
    lockTargets.flatMap(({ option, field }) => {
      const value = textFlag(context, option)
      return value === undefined ? [] : [[field, value]]
    }),
  )
  if (Object.keys(target).length === 0) throw targetMissing()
  const request = { target, message: textFlag(context, 'message'), expires: expiryOf(context)?.toISOString() }
  const { lock } = await withAuthority(context, (authority) => authority.createLock(request))
  context.world.terminal.answer(`Created a lock with name "${lock.metadata.name}".`)
  return 0
}

/** `--expires` or `--ttl`, not both; undefined for a lock that lasts. */
function expiryOf(context: TctlContext): Date | undefined {
  const expires = textFlag(context, 'expires')
  const ttl = textFlag(context, 'ttl')
  if (expires !== undefined && ttl !== undefined) {
    throw new PortunusError('LOCK_EXPIRY_TWICE', 'Cannot create the lock: both --expires and --ttl are given', {
      category: 'bad-input',
      hint: 'give one of them, or none for a lock that lasts until it is removed',
    })
  }
  if (expires !== undefined) {
    const time = new Date(expires)
    if (!Number.isNaN(time.getTime())) return time
    throw expiryRefused('expires', expires, 'a time such as 2030-01-31T12:00:00Z is expected')
  }
  if (ttl === undefined) return undefined
  const milliseconds = parseDuration(ttl)
  if (milliseconds < 1000) throw expiryRefused('ttl', ttl, `at least ${formatDuration(1000)} is possible`)
  return new Date(context.world.client.clock.now().getTime() + milliseconds)
}

function targetMissing(): PortunusError {
  return new PortunusError('LOCK_TARGET_MISSING', 'Cannot create the lock: nothing is named that it keeps out', {
    category: 'bad-input',
    hint: 'name it, such as: tctl lock --user=alice --message="laptop stolen"',
  })
}

function expiryRefused(flag: string, value: string, state: string): PortunusError {
  return new PortunusError('LOCK_EXPIRY_REFUSED', `Cannot use --${flag}="${value}": ${state}`, {
    category: 'bad-input',
    hint: 'write it like --ttl=8h or --expires=2030-01-31T12:00:00Z',
  })
}

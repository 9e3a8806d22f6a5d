/** The host's id: made at the first start, the same ever after. */
import { PortunusError, type Files, type Randomness } from '#foundation'

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Throws HOST_UUID_UNREADABLE when the file holds something else. */
export async function readOrMakeHostUuid(path: string, world: { readonly files: Files; readonly randomness: Randomness }): Promise<string> {
  const text = await world.files.readTextIfPresent(path)
  if (text === undefined) {
    const uuid = world.randomness.uuid()
    await world.files.writeText(path, `${uuid}\n`)
    return uuid
  }
  const uuid = text.trim()
  if (uuidPattern.test(uuid)) return uuid
  throw new PortunusError('HOST_UUID_UNREADABLE', `Cannot read the host id in "${path}": it is no UUID`, {
    category: 'bad-input',
    hint: `remove the file, the host then joins as a new one: rm ${path}`,
  })
}

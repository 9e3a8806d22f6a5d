/** Reads the startup packet of a client whose TLS session ends here. */
import type { Duplex } from 'node:stream'
import { PortunusError, type Clock } from '#foundation'
import { readStartupPacket, type StartupPacket } from '#postgres-protocol'

export interface ClientStartup {
  /** Never empty. */
  readonly user: string
  /** Never empty: PostgreSQL takes the user's name where none is given, and so do we, before access is decided. */
  readonly database: string
  readonly protocol: { readonly major: number; readonly minor: number }
  readonly parameters: ReadonlyMap<string, string>
}

const startupMillisecondsMax = 15_000

/** Throws CLIENT_STARTUP_REFUSED for anything but a complete startup packet in time. */
export async function readClientStartup(stream: Duplex, clock: Clock): Promise<ClientStartup> {
  const packet = await readPacket(stream, clock)
  if (packet.kind !== 'startup') throw refused(`it begins with "${packet.kind}" inside TLS`, '08P01')
  if (packet.major !== 3) throw refused(`it speaks the protocol ${packet.major}.${packet.minor}`, '0A000')
  const user = packet.parameters.get('user') ?? ''
  if (user === '') throw refused('it names no database user', '28000')
  const database = packet.parameters.get('database') ?? ''
  return {
    user,
    database: database === '' ? user : database,
    protocol: { major: packet.major, minor: packet.minor },
    parameters: packet.parameters,
  }
}

/**
 * A replication connection speaks another protocol, whose commands the audit cannot read (PostgreSQL manual, "Streaming Replication
 * Protocol"). Throws REPLICATION_REFUSED (0A000).
 */
export function refuseReplication(parameters: ReadonlyMap<string, string>): void {
  if (![...parameters.keys()].some((name) => name.toLowerCase() === 'replication')) return
  throw new PortunusError('REPLICATION_REFUSED', 'Cannot open a replication connection: what runs in one cannot be recorded', {
    category: 'bad-input',
    sqlState: '0A000',
    hint: 'connect without the parameter "replication"',
  })
}

function readPacket(stream: Duplex, clock: Clock): Promise<StartupPacket> {
  return new Promise((resolve, reject) => {
    let buffered: Buffer = Buffer.alloc(0)
    const timer = clock.timer(startupMillisecondsMax, () => fail(refused('its startup packet did not come in time', '08P01')))
    const settle = (): void => {
      timer[Symbol.dispose]()
      stream.removeListener('readable', look)
      stream.removeListener('end', ended)
      stream.removeListener('close', ended)
    }
    const fail = (error: PortunusError): void => {
      settle()
      reject(error)
    }
    const ended = (): void => fail(refused('it left before its startup packet', '08P01'))
    const look = (): void => {
      for (let chunk: unknown = stream.read(); chunk instanceof Uint8Array; chunk = stream.read())
        buffered = Buffer.concat([buffered, chunk])
      const read = readStartupPacket(buffered)
      if (read.kind === 'need-more') return
      if (read.kind === 'malformed') return fail(refused(read.reason, '08P01'))
      settle()
      if (read.rest.length > 0) stream.unshift(read.rest)
      resolve(read.packet)
    }
    stream.on('readable', look)
    stream.once('end', ended)
    stream.once('close', ended)
    look()
  })
}

function refused(state: string, sqlState: string): PortunusError {
  return new PortunusError('CLIENT_STARTUP_REFUSED', `Cannot serve the PostgreSQL client: ${state}`, {
    category: 'bad-input',
    sqlState,
    hint: 'connect with tsh db connect, or with a PostgreSQL 3.x client',
  })
}

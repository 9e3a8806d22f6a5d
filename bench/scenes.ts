/** What is not a rate: many sessions at rest, a reader that falls behind, and a crowd at the door. All through the chain. */
import type { Socket } from 'node:net'
import type { Chain } from './chain.ts'
import { openPlainSession, query } from './plain-session.ts'
import { memoryOf } from './process-usage.ts'

const atOnceMax = 32
const slowMilliseconds = 10_000

export interface SceneResult {
  readonly scene: string
  readonly figures: Readonly<Record<string, number | string>>
}

/** Resident memory that each idle session adds to each process. */
export async function idleSessions(chain: Chain, count: number): Promise<SceneResult> {
  const warm = await openMany(chain, 8)
  const before = residentOf(chain)
  const sockets = await openMany(chain, count)
  await pause(5000)
  const after = residentOf(chain)
  const perSession = Object.fromEntries(
    Object.entries(after).map(([name, bytes]) => [
      `${name} KiB per session`,
      round((bytes - (before[name] ?? 0)) / 1024 / sharesOf(name, chain, count)),
    ]),
  )
  await closeAll([...warm, ...sockets])
  return { scene: 'idle', figures: { sessions: count, ...perSession } }
}

/** A measured `tsh` has only its share of the sessions. */
function sharesOf(name: string, chain: Chain, count: number): number {
  return name === 'tsh' ? count / chain.ports.length : count
}

/** A result read at 1 MB/s for ten seconds and then freely: how much every process grew. */
export async function slowReader(chain: Chain, megabytes: number): Promise<SceneResult> {
  const [socket] = await openMany(chain, 1)
  if (socket === undefined) throw new Error('no session')
  const before = residentOf(chain)
  const rows = Math.round((megabytes * 1e6) / 8000)
  socket.write(query(`COPY (SELECT repeat('x', 8000) FROM generate_series(1, ${rows})) TO STDOUT (FORMAT binary)`))
  const peaks: Record<string, number> = {}
  const watch = setInterval(() => {
    for (const [name, bytes] of Object.entries(residentOf(chain))) peaks[name] = Math.max(peaks[name] ?? 0, bytes - (before[name] ?? 0))
  }, 100)
  await readSlowly(socket, megabytes * 1e6)
  clearInterval(watch)
  await closeAll([socket])
  const growth = Object.fromEntries(Object.entries(peaks).map(([name, bytes]) => [`${name} MiB grown`, round(bytes / 1024 / 1024)]))
  return { scene: 'slow-reader', figures: { megabytes, ...growth } }
}

/** 1 MB/s for ten seconds, and then as it comes. */
function readSlowly(socket: Socket, bytes: number): Promise<void> {
  let received = 0
  const startedAt = performance.now()
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (received >= bytes) resolve()
      const elapsed = performance.now() - startedAt
      const aheadMilliseconds = received / 1000 - elapsed // 1 MB/s is 1,000 bytes in a millisecond
      if (elapsed > slowMilliseconds || aheadMilliseconds < 1) return
      socket.pause()
      setTimeout(() => socket.resume(), aheadMilliseconds)
    })
    socket.once('close', () => reject(new Error('the session broke off')))
    socket.resume()
  })
}

/** So many connections opened at the same moment through one local port. */
export async function crowd(chain: Chain, count: number): Promise<SceneResult> {
  const [port = 0] = chain.ports
  const startedAt = performance.now()
  const times: number[] = []
  const opened = await Promise.allSettled(
    Array.from({ length: count }, async () => {
      const socket = await openPlainSession(port)
      times.push(performance.now() - startedAt)
      return socket
    }),
  )
  const sockets = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const reasons = opened.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []))
  await closeAll(sockets)
  const figures = { connections: count, succeeded: sockets.length, 'slowest s': round(Math.max(...times) / 1000) }
  return { scene: 'crowd', figures: reasons[0] === undefined ? figures : { ...figures, 'first failure': reasons[0] } }
}

async function openMany(chain: Chain, count: number): Promise<readonly Socket[]> {
  const sockets: Socket[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) sockets.push(await openPlainSession(chain.ports[next++ % chain.ports.length] ?? 0))
  }
  await Promise.all(Array.from({ length: Math.min(count, atOnceMax) }, worker))
  return sockets
}

async function closeAll(sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy()
  await pause(1000)
}

function residentOf(chain: Chain): Record<string, number> {
  return Object.fromEntries(Object.entries(chain.processes).map(([name, pid]) => [name, memoryOf(pid).residentBytes]))
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

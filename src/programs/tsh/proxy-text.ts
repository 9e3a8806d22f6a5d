/** Local proxies as `tsh proxy ls` shows them. */
import type { LocalProxyRecord } from '#client'
import { relativeTime, table } from '#presentation'

export function proxyTable(records: readonly LocalProxyRecord[], now: Date): string {
  const columns = ['Name', 'Database', 'Database User', 'Database Name', 'Address', 'Process', 'Started']
  return table(
    columns,
    records.map((record) => [
      record.name,
      record.database,
      record.databaseUser ?? '',
      record.databaseName ?? '',
      record.address,
      String(record.processId),
      relativeTime(new Date(record.startedAt), now),
    ]),
  )
}

/** For `--format=json` and `yaml`; the secret of the control port stays out. */
export function printProxy(record: LocalProxyRecord): Readonly<Record<string, unknown>> {
  const isSocket = record.address.startsWith('/')
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(record.address) ?? []
  return {
    name: record.name,
    database: record.database,
    cluster: record.cluster,
    ...(record.databaseUser === undefined ? {} : { user: record.databaseUser }),
    ...(record.databaseName === undefined ? {} : { db_name: record.databaseName }),
    ...(isSocket ? { socket: record.address } : { host, port: Number(port) }),
    pid: record.processId,
    started: record.startedAt,
    background: record.logPath !== undefined,
    ...(record.logPath === undefined ? {} : { log: record.logPath }),
  }
}

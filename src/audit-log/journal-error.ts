/** The one way in which writing the journal fails. */
import { PortunusError } from '#foundation'

const diskFull = 'ENOSPC'

/** AUDIT_WRITE_FAILED, with the SQLSTATE of a full disk or of an input/output error (PostgreSQL manual, appendix A). */
export function writeFailed(state: string, cause?: unknown): PortunusError {
  const isDiskFull = cause instanceof Error && 'code' in cause && cause.code === diskFull
  return new PortunusError('AUDIT_WRITE_FAILED', `Cannot write the audit journal: ${isDiskFull ? 'its disk is full' : state}`, {
    category: 'unavailable',
    sqlState: isDiskFull ? '53100' : '58030',
    hint: isDiskFull ? 'free space on the disk of the agent that holds its data directory' : 'look at the log of the Database Service',
    cause,
  })
}

/** A session recorder that records nothing: the switch by which the benchmark turns the audit off. No product code knows of it. */
import type { SessionRecorder } from '../src/database-agent/session-recorder.ts'

export function openSessionRecorder(): SessionRecorder {
  const totals = { statements: 0, clientBytes: 0, serverBytes: 0 }
  return { totals, frontend: () => false, backend() {}, end() {}, refuse() {} }
}

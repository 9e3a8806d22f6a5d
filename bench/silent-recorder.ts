/** A session recorder that records nothing: the switch by which the benchmark turns the audit off. No product code knows of it. */

/** Stands in for the function of the same name in src/database-agent/session-recorder.ts (see hop-process.ts). */
export function openSessionRecorder() {
  const totals = { statements: 0, clientBytes: 0, serverBytes: 0 }
  return { totals, frontend: () => false, backend() {}, missing: () => 0, running: () => 0, end() {}, refuse() {} }
}

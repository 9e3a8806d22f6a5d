/** A log that keeps nothing. */
import type { Log } from '#foundation'

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silentLog }

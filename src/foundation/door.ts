/**
 * Foundation: the words every other room uses. Errors with a code and a hint, secrets that cannot be printed,
 * durations, and the ports through which the rooms above see the world (clock, randomness, log, files, network, terminal).
 * Pure: it knows nothing of Node, sockets, time or chance.
 */
export * from './error.ts'
export * from './secret.ts'
export * from './duration.ts'
export * from './ports.ts'
export * from './bytes.ts'
export * from './client-network.ts'

/**
 * Composition: the one place where rooms are wired into running services. It decides in which order they start, what they
 * share when they live in one process, and in which order they stop.
 */
export * from './teleport-service.ts'
export * from './data-directory.ts'
export * from './client-world.ts'

/**
 * The map of the house: which room may import which, and which npm packages and Node modules each may touch.
 * `rooms.test.ts` keeps the code honest to it. Rooms stand in the order of their floors; arrows only go up this list.
 */

export interface Room {
  readonly purpose: string
  /** Rooms whose door may be imported. */
  readonly imports: readonly string[]
  /**
   * npm packages and Node modules that may be imported, subpaths included. `node:crypto(createHash)` permits only the
   * names in brackets. Types of Node modules are free everywhere: they are no code.
   */
  readonly touches: readonly string[]
  /** npm packages that may only be loaded with `await import()`, when they are needed. */
  readonly touchesLazily?: readonly string[]
}

/** A part of the repository that is not made of rooms. */
export interface Annex extends Omit<Room, 'touches' | 'touchesLazily'> {
  /** Where its files are. */
  readonly folder: string
  /** Other parts of the repository whose files may be imported. */
  readonly leansOn?: readonly string[]
  /** Absent: whatever it likes. */
  readonly touches?: readonly string[]
}

const hash = 'node:crypto(createHash)'

export const rooms: Readonly<Record<string, Room>> = {
  // What we know: pure. The same input gives the same output.
  foundation: { purpose: 'the words every room speaks, and the ports of the world', imports: [], touches: [] },
  resources: { purpose: 'users, roles, databases, tokens: type, parse, print', imports: ['foundation'], touches: ['zod'] },
  access: { purpose: 'may X do Y, and why not', imports: ['foundation', 'resources'], touches: [] },
  certificates: {
    purpose: 'identities in certificates, and certificates from templates',
    imports: ['foundation'],
    touches: ['node:crypto', 'node:util'],
    touchesLazily: ['@peculiar/x509', 'reflect-metadata'],
  },
  'postgres-protocol': { purpose: 'bytes to messages and back', imports: ['foundation'], touches: [] },
  'aws-model': { purpose: 'ARNs, endpoints, login plans, policy documents', imports: ['foundation', 'resources'], touches: [hash] },
  'audit-events': { purpose: 'what can happen, and how it is told', imports: ['foundation'], touches: [hash] },
  configuration: {
    purpose: 'teleport.yaml to a value and back, and texts of resources',
    imports: ['foundation', 'resources', 'aws-model'],
    touches: ['yaml', 'zod'],
  },
  presentation: { purpose: 'how anything looks in a terminal', imports: ['foundation'], touches: ['yaml'] },

  // What we do: the world only through ports.
  storage: { purpose: 'keys, revisions, expiry, watching', imports: ['foundation'], touches: ['node:sqlite'] },
  'audit-log': {
    purpose: 'keeps audit events, and ships them',
    imports: ['foundation', 'audit-events', 'storage'],
    touches: ['node:zlib(crc32)'],
  },
  'authority-api': {
    purpose: 'the table of operations',
    imports: ['foundation', 'resources', 'access', 'certificates', 'audit-events'],
    touches: ['hono', 'zod'],
  },
  authority: {
    purpose: 'the Auth Service: answers the operations',
    imports: ['foundation', 'resources', 'access', 'certificates', 'audit-events', 'audit-log', 'storage', 'authority-api'],
    touches: ['node:crypto', 'otpauth', 'zod'],
  },
  tunnel: { purpose: 'reaches agents that dialled out', imports: ['foundation'], touches: ['node:crypto', 'node:stream'] },
  'aws-client': {
    purpose: 'performs the plans of aws-model',
    imports: ['foundation', 'aws-model'],
    touches: [],
    touchesLazily: ['@aws-sdk/*'],
  },
  'database-agent': {
    purpose: 'the Database Service: a database session',
    imports: [
      'foundation',
      'resources',
      'access',
      'certificates',
      'postgres-protocol',
      'aws-model',
      'audit-events',
      'authority-api',
      'tunnel',
    ],
    touches: ['node:stream'],
  },
  proxy: {
    purpose: 'one port for everybody',
    imports: ['foundation', 'resources', 'access', 'certificates', 'postgres-protocol', 'audit-events', 'authority-api', 'tunnel'],
    touches: ['hono', 'node:stream', 'zod'],
  },
  client: {
    purpose: 'what tsh is made of',
    imports: ['foundation', 'certificates', 'postgres-protocol', 'authority-api'],
    touches: ['node:crypto(X509Certificate,createPrivateKey)', 'node:stream', 'yaml', 'zod'],
  },

  // Where it meets the machine.
  world: { purpose: 'sockets, TLS, files, clock, terminal', imports: ['foundation'], touches: ['node:*', '@hono/node-server', 'pino'] },
  composition: {
    purpose: 'wires rooms into running services',
    imports: [
      'foundation',
      'resources',
      'certificates',
      'audit-events',
      'configuration',
      'storage',
      'audit-log',
      'authority-api',
      'authority',
      'tunnel',
      'aws-client',
      'database-agent',
      'proxy',
      'client',
      'world',
    ],
    touches: ['node:crypto(X509Certificate,createHash)', 'node:path', 'zod'],
  },
  programs: {
    purpose: 'command lines and exit codes',
    imports: [
      'foundation',
      'resources',
      'audit-events',
      'aws-model',
      'configuration',
      'presentation',
      'authority-api',
      // IAM is set up by a command, with no service running.
      'aws-client',
      'client',
      'world',
      'composition',
    ],
    touches: ['commander', 'node:url'],
  },
}

/** Rooms that meet the machine: they may use `process`, timers, chance and `fetch`. */
export const roomsOfTheMachine: readonly string[] = ['world', 'programs']

export const annexes: Readonly<Record<string, Annex>> = {
  web: { purpose: 'the web UI', folder: 'web/src', imports: [], touches: ['react', 'react-dom', '@tanstack/react-query', 'uqr'] },
  // A stand-in that shared our AWS code would agree with our mistakes.
  lab: { purpose: 'a local AWS and Redshift, and the demo', folder: 'lab', imports: ['foundation', 'postgres-protocol', 'certificates'] },
  scripts: { purpose: 'builds, checks and tests', folder: 'scripts', imports: [] },
  bench: { purpose: "measures, on the lab's PostgreSQL and stage", folder: 'bench', imports: Object.keys(rooms), leansOn: ['lab'] },
}

/** Parts that may be imported by nobody in src. */
export const neverImported: readonly string[] = ['lab', 'web', 'test', 'scripts', 'bench']

/** Whom or what `tctl lock` can keep out, and the flags that name it. */

/** Flags and the field of the target each of them sets; several are to match together. */
export const lockTargets = [
  { flag: '--user <name>', option: 'user', field: 'user', of: 'a user' },
  { flag: '--role <name>', option: 'role', field: 'role', of: 'everybody with a role' },
  { flag: '--login <name>', option: 'login', field: 'login', of: 'a database user' },
  { flag: '--mfa-device <id>', option: 'mfaDevice', field: 'mfaDevice', of: 'a second factor' },
  { flag: '--access-request <id>', option: 'accessRequest', field: 'accessRequest', of: 'what was granted by an access request' },
  { flag: '--server-id <id>', option: 'serverId', field: 'serverId', of: 'a Database Service, by its host id' },
  { flag: '--db <name>', option: 'db', field: 'db', of: 'a database' },
  { flag: '--session <id>', option: 'session', field: 'session', of: 'one database session' },
] as const

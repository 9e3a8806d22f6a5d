/**
 * Database agent: the Database Service. It announces its databases, and for each session decides access from the person's
 * own certificate, obtains temporary credentials, opens verified TLS to the database, relays bytes and records who ran what.
 */
export * from './agent.ts'
export * from './agent-options.ts'

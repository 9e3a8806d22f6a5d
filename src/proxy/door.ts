/**
 * Proxy: the one TLS port of a cluster. It tells protocols apart by their first bytes, answers the web, checks who asks
 * for a database, and joins clients to agents. From `tsh` it sees no query: that TLS session ends at the agent.
 */
export * from './proxy.ts'
export * from './proxy-options.ts'
export * from './web/web-application.ts'

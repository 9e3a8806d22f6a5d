/**
 * World: where the ports of the foundation meet Node. Sockets, TLS endpoints, HTTP servers and clients, files, the clock,
 * chance, the terminal, child processes and signals are made here and nowhere else.
 */
export * from './clock.ts'
export * from './randomness.ts'
export * from './files.ts'
export * from './network.ts'
export * from './tls.ts'
export * from './http2-client.ts'
export * from './http-server.ts'
export * from './https-json.ts'
export * from './journal-file.ts'
export * from './log.ts'
export * from './standard-input.ts'
export * from './terminal.ts'
export * from './child-process.ts'
export * from './machine.ts'
export * from './memory-pair.ts'
export * from './package-archive.ts'

/**
 * Tunnel: how an agent behind a firewall is reached. The agent dials the proxy and then answers requests on that connection
 * (the control channel); for each database connection it dials back with a raw TCP connection that opens with a preface,
 * and the proxy splices bytes it cannot read.
 */
export * from './agent-tunnel.ts'
export * from './control-channel.ts'
export * from './dial-back-preface.ts'
export * from './farewell.ts'
export * from './splice.ts'
export * from './tunnel-hub.ts'

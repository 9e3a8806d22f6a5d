/** The Redshift stand-in's port. */
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { LabCertificates } from '../certificates.ts'
import { listenOnLoopback } from '../listen.ts'
import { converse } from './conversation.ts'
import type { ConversationOptions } from './conversation.ts'

export interface RedshiftServerOptions extends Omit<ConversationOptions, 'secureContext'> {
  readonly port: number
  readonly certificates: LabCertificates
}

export interface RedshiftServer extends AsyncDisposable {
  readonly port: number
  /** Cuts all sessions, as a restart of the cluster would; new connections are still taken. */
  cutConnections(): void
}

/** Listens on 127.0.0.1; port 0 takes a free one. Throws LAB_PORT_IN_USE or LAB_LISTEN_FAILED. */
export async function openRedshiftServer(options: RedshiftServerOptions): Promise<RedshiftServer> {
  const { certificates } = options
  const secureContext = createSecureContext({ cert: certificates.certificatePem, key: certificates.privateKeyPem, minVersion: 'TLSv1.2' })
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // A failure of the PostgreSQL behind reaches the client as the end of its connection; the lab reports the cause itself.
    converse(socket, { ...options, secureContext }).catch(() => socket.destroy())
  })
  const port = await listenOnLoopback(server, options.port)
  const cutConnections = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port,
    cutConnections,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      cutConnections()
      await closed
    },
  }
}

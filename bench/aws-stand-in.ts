/** Answers the one AWS call of a warm path: GetClusterCredentials gives the same user and password to everyone, unchecked. */
import { createServer } from 'node:http'
import { listenOnLoopback } from '../lab/listen.ts'
import { databasePassword, issuedUser } from './bench-postgres.ts'

const dayMilliseconds = 86_400_000

export interface AwsStandIn extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>
}

export async function openAwsStandIn(): Promise<AwsStandIn> {
  const server = createServer((incoming, outgoing) => {
    incoming.resume()
    incoming.once('end', () => {
      const expiration = new Date(Date.now() + dayMilliseconds).toISOString()
      const result = `<DbUser>${issuedUser}</DbUser><DbPassword>${databasePassword}</DbPassword><Expiration>${expiration}</Expiration>`
      outgoing.writeHead(200, { 'content-type': 'text/xml' })
      outgoing.end(
        `<GetClusterCredentialsResponse><GetClusterCredentialsResult>${result}</GetClusterCredentialsResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetClusterCredentialsResponse>`,
      )
    })
  })
  const port = await listenOnLoopback(server, 0)
  return {
    environment: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: 'AKIABENCH',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_REGION: 'us-east-1',
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** How a host that is not the authority's own gets its credentials: by a join token, once; then they are kept. */
import { X509Certificate } from 'node:crypto'
import * as z from 'zod/mini'
import type { AuthorityClient } from '#authority-api'
import { webTlsAttempts, type ClientWorld, type WebTrust } from '#client'
import { generateKeyPair, identityFromCertificate, type HostRole } from '#certificates'
import { PortunusError, errorFromDocument, readErrorAnswer, type Address, type Files, type Log, type Secret } from '#foundation'
import type { HostCredentials } from './credentials.ts'

export interface JoinOptions {
  readonly proxyAddress: Address
  readonly trust: WebTrust
  /** The token itself, or the absolute path of a file that holds it. */
  readonly token: Secret<string> | undefined
  readonly hostId: string
  readonly hostname: string
  readonly roles: readonly HostRole[]
  readonly identityPath: string
  readonly world: ClientWorld
  readonly log: Log
}

const storedSchema = z.object({
  clusterName: z.string(),
  certificatePem: z.string(),
  privateKeyPem: z.string(),
  hostAuthoritiesPem: z.array(z.string()),
  userAuthoritiesPem: z.array(z.string()),
})

type StoredIdentity = z.output<typeof storedSchema>

const joinAnswerSchema = z.object({
  certificate: z.string(),
  host_authorities: z.array(z.string()),
  user_authorities: z.array(z.string()),
  cluster_name: z.string(),
})

export interface JoinedHost {
  readonly clusterName: string
  readonly credentials: HostCredentials
  /** Keeps newer authorities, for this run and the next. */
  updateAuthorities(authorities: { readonly host: readonly string[]; readonly user: readonly string[] }): Promise<void>
  /** Gets a new certificate with a new key when a third of the present one's life is left. */
  renewIfDue(authority: Pick<AuthorityClient, 'renewHost'>, now: Date): Promise<void>
}

/** The kept identity, or a new one by the token. Throws JOIN_TOKEN_MISSING, JOIN_IDENTITY_UNREADABLE and what the cluster answers. */
export async function joinOrReuse(options: JoinOptions): Promise<JoinedHost> {
  const kept = await readIdentity(options.identityPath, options.world.files)
  const stored = kept ?? (await join(options))
  if (kept === undefined) {
    await writeIdentity(options.identityPath, stored, options.world.files)
    options.log.info('joined the cluster', { cluster: stored.clusterName, host_id: options.hostId })
  }
  return joinedHost(stored, options)
}

function joinedHost(stored: StoredIdentity, options: JoinOptions): JoinedHost {
  let current = stored
  const keep = async (changed: StoredIdentity): Promise<void> => {
    if (JSON.stringify(changed) === JSON.stringify(current)) return
    await writeIdentity(options.identityPath, changed, options.world.files)
    current = changed
  }
  const identity = identityFromCertificate(new X509Certificate(stored.certificatePem))
  if (identity.kind !== 'host') throw unreadable(options.identityPath, 'it is not the certificate of a host')
  return {
    clusterName: stored.clusterName,
    credentials: {
      identity,
      keyPair: () => ({ certificatePem: current.certificatePem, privateKeyPem: current.privateKeyPem }),
      hostAuthoritiesPem: () => current.hostAuthoritiesPem,
      userAuthoritiesPem: () => current.userAuthoritiesPem,
    },
    updateAuthorities: ({ host, user }) => keep({ ...current, hostAuthoritiesPem: [...host], userAuthoritiesPem: [...user] }),
    async renewIfDue(authority, now) {
      if (!isRenewalDue(current.certificatePem, now)) return
      const keys = await generateKeyPair()
      const renewed = await authority.renewHost({ publicKeyPem: keys.publicKeyPem })
      await keep({ ...current, certificatePem: renewed.certificatePem, privateKeyPem: keys.privateKeyPem })
      options.log.info('host certificate renewed', { until: new X509Certificate(renewed.certificatePem).validTo })
    },
  }
}

function isRenewalDue(certificatePem: string, now: Date): boolean {
  const { validFromDate, validToDate } = new X509Certificate(certificatePem)
  return (validToDate.getTime() - now.getTime()) * 3 < validToDate.getTime() - validFromDate.getTime()
}

async function join(options: JoinOptions): Promise<StoredIdentity> {
  const token = await readToken(options)
  const keys = await generateKeyPair()
  const body = {
    token,
    host_id: options.hostId,
    hostname: options.hostname,
    roles: options.roles,
    public_key: keys.publicKeyPem,
  }
  const answer = await postJoin(body, options)
  return {
    clusterName: answer.cluster_name,
    certificatePem: answer.certificate,
    privateKeyPem: keys.privateKeyPem,
    hostAuthoritiesPem: answer.host_authorities,
    userAuthoritiesPem: answer.user_authorities,
  }
}

async function postJoin(body: unknown, options: JoinOptions): Promise<z.output<typeof joinAnswerSchema>> {
  const { proxyAddress: address, world } = options
  const [attempt] = await webTlsAttempts(world, address, options.trust)
  try {
    const answer = await world.httpsJson({
      address,
      method: 'POST',
      path: '/v1/webapi/host/join',
      body,
      tls: attempt?.tls ?? { serverName: address.host },
    })
    const parsed = joinAnswerSchema.safeParse(answer.json)
    if (answer.status === 200 && parsed.success) return parsed.data
    throw refusalOf(answer.json, options)
  } catch (error) {
    if (error instanceof PortunusError && error.code === 'TLS_SERVER_UNTRUSTED') throw untrusted(options, error)
    throw error
  }
}

function refusalOf(json: unknown, options: JoinOptions): PortunusError {
  const document = readErrorAnswer(json)
  if (document !== undefined) return errorFromDocument(document)
  return new PortunusError(
    'JOIN_ANSWER_UNREADABLE',
    `Cannot join through "${addressText(options.proxyAddress)}": it answers like no proxy`,
    {
      category: 'unavailable',
      hint: 'check teleport.proxy_server: it must be the address of the Proxy Service',
    },
  )
}

async function readToken(options: JoinOptions): Promise<string> {
  const given = options.token?.reveal() ?? ''
  if (given === '') {
    throw new PortunusError('JOIN_TOKEN_MISSING', 'Cannot join the cluster: there is no join token and no identity from an earlier join', {
      category: 'bad-input',
      hint: 'make a token with "tctl tokens add --type=db --format=text" and set teleport.auth_token to it or to the path of its file',
    })
  }
  if (!given.startsWith('/')) return given
  const token = (await options.world.files.readText(given)).trim()
  if (token !== '') return token
  throw new PortunusError('JOIN_TOKEN_EMPTY', `Cannot join the cluster: the token file "${given}" is empty`, {
    category: 'bad-input',
    hint: `make a token, on the auth host, with: tctl tokens add --type=db --format=text, and save it in ${given}`,
  })
}

async function readIdentity(path: string, files: Files): Promise<StoredIdentity | undefined> {
  const text = await files.readTextIfPresent(path)
  if (text === undefined) return undefined
  try {
    return storedSchema.parse(JSON.parse(text))
  } catch {
    throw unreadable(path, 'it has another form')
  }
}

async function writeIdentity(path: string, identity: StoredIdentity, files: Files): Promise<void> {
  await files.writeText(path, `${JSON.stringify(identity, undefined, 2)}\n`)
}

function unreadable(path: string, state: string): PortunusError {
  return new PortunusError('JOIN_IDENTITY_UNREADABLE', `Cannot read the identity of this host in "${path}": ${state}`, {
    category: 'bad-input',
    hint: `remove the file and join again with a new token: rm ${path}`,
  })
}

function untrusted(options: JoinOptions, cause: PortunusError): PortunusError {
  const where = addressText(options.proxyAddress)
  return new PortunusError('JOIN_PROXY_UNTRUSTED', `Cannot trust the proxy "${where}": its certificate is signed by an unknown authority`, {
    category: 'unavailable',
    cause,
    hint: 'set teleport.ca_pin to the pin that "tctl status" prints, or point SSL_CERT_FILE to the authority that signed it',
  })
}

function addressText(address: Address): string {
  return `${address.host}:${address.port}`
}

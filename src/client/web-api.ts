/** The proxy's web API as the client uses it before it has a certificate: ping, and login with password and one-time code. */
import * as z from 'zod/mini'
import { PortunusError, type Address, type Secret } from '#foundation'
import { parseAnswer } from './answer.ts'
import type { ClientWorld, WebAnswer } from './ports.ts'
import { proxyUntrusted, webTlsAttempts, type WebTlsAttempt, type WebTrust } from './web-trust.ts'

const pingSchema = z.looseObject({
  cluster_name: z.string().check(z.minLength(1)),
  server_version: z.string(),
  auth: z.optional(z.looseObject({ second_factor: z.optional(z.string()) })),
  ca_pins: z.optional(z.array(z.string())),
})

const loginSchema = z.object({
  certificate: z.string(),
  host_authorities: z.array(z.string()).check(z.minLength(1)),
  cluster_name: z.string().check(z.minLength(1)),
  user: z.string().check(z.minLength(1)),
  valid_until: z.string(),
})

/** A proxy that answered, and how its certificate was verified when it did. */
export interface WebApi {
  readonly address: Address
  readonly vouchedBy: 'public' | 'cluster'
  readonly clusterName: string
  readonly serverVersion: string
  readonly secondFactor: 'off' | 'otp'
  readonly caPins: readonly string[]
  login(request: WebLogin): Promise<WebLoginAnswer>
}

export interface WebLogin {
  readonly user: string
  readonly password: Secret<string>
  readonly oneTimePassword: Secret<string> | undefined
  readonly publicKeyPem: string
  readonly ttlSeconds: number | undefined
}

export interface WebLoginAnswer {
  readonly certificatePem: string
  readonly hostAuthoritiesPem: readonly string[]
  readonly clusterName: string
  readonly user: string
}

/**
 * Finds the proxy: the first candidate that answers a ping under the wanted trust.
 * Throws PROXY_UNTRUSTED, CA_PIN_MISMATCH, or what the last candidate failed with.
 */
export async function openWebApi(world: ClientWorld, candidates: readonly Address[], trust: WebTrust): Promise<WebApi> {
  const failures: unknown[] = []
  for (const address of candidates) {
    try {
      // Where the port is a guess, a firewall that drops packets must not cost half a minute.
      const signal = world.clock.deadline(candidates.length > 1 ? guessMillisecondsMax : pingMillisecondsMax)
      return await pingProxy(world, { address, signal }, trust)
    } catch (error) {
      failures.push(error)
    }
  }
  throw worthiest(failures)
}

const guessMillisecondsMax = 5000
const pingMillisecondsMax = 20_000

interface PingTarget {
  readonly address: Address
  readonly signal: AbortSignal
}

async function pingProxy(world: ClientWorld, { address, signal }: PingTarget, trust: WebTrust): Promise<WebApi> {
  const attempts = await webTlsAttempts(world, address, trust)
  for (const [index, attempt] of attempts.entries()) {
    try {
      const answer = await world.httpsJson({ address, method: 'GET', path: '/v1/webapi/ping', tls: attempt.tls, signal })
      return webApiOf(world, address, attempt, answer)
    } catch (error) {
      if (!isUntrusted(error)) throw error
      if (index === attempts.length - 1) throw proxyUntrusted(address, error)
    }
  }
  throw new PortunusError('INTERNAL', 'Cannot ping a proxy: no way to verify it was given')
}

function webApiOf(world: ClientWorld, address: Address, attempt: WebTlsAttempt, answer: WebAnswer): WebApi {
  const ping = parseAnswer('/v1/webapi/ping', answer, pingSchema)
  return {
    address,
    vouchedBy: attempt.vouchedBy,
    clusterName: ping.cluster_name,
    serverVersion: ping.server_version,
    secondFactor: ping.auth?.second_factor === 'off' ? 'off' : 'otp',
    caPins: ping.ca_pins ?? [],
    login: (request) => login(world, { address, attempt }, request),
  }
}

async function login(
  world: ClientWorld,
  target: { readonly address: Address; readonly attempt: WebTlsAttempt },
  request: WebLogin,
): Promise<WebLoginAnswer> {
  const path = '/v1/webapi/login'
  const answer = await world.httpsJson({
    address: target.address,
    method: 'POST',
    path,
    tls: target.attempt.tls,
    body: {
      user: request.user,
      password: request.password.reveal(),
      ...(request.oneTimePassword === undefined ? {} : { otp: request.oneTimePassword.reveal() }),
      public_key: request.publicKeyPem,
      ...(request.ttlSeconds === undefined ? {} : { ttl_seconds: request.ttlSeconds }),
    },
  })
  const document = parseAnswer(path, answer, loginSchema)
  return {
    certificatePem: document.certificate,
    hostAuthoritiesPem: document.host_authorities,
    clusterName: document.cluster_name,
    user: document.user,
  }
}

function isUntrusted(error: unknown): error is PortunusError {
  return error instanceof PortunusError && error.code === 'TLS_SERVER_UNTRUSTED'
}

/** A proxy that answered with something says more than one that did not answer at all. */
function worthiest(failures: readonly unknown[]): unknown {
  const telling = failures.find((failure) => !(failure instanceof PortunusError) || failure.code !== 'NETWORK_DIAL_FAILED')
  return telling ?? failures.at(-1) ?? new PortunusError('INTERNAL', 'Cannot find a proxy: no address was given')
}

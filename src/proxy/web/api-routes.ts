/** The routes under /v1/webapi: each reads a request, asks the authority, and says the answer in snake_case. */
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { errorResponse, unknownPath } from './error-response.ts'
import { findDocument, pingDocument, type PingFacts } from './ping-document.ts'
import { createRateLimit, tooManyRequests } from './rate-limit.ts'
import { bodyBytesMax, bodyTooLarge, inviteBody, joinBody, loginBody, readBody } from './request-body.ts'
import type { WebApplication, WebApplicationOptions, WebAuthority, WebEnvironment } from './web-environment.ts'

// Guessing is slow; asking where to log in is not. The limits are upstream's.
const guessing = { perMinute: 20, burst: 40 }
const asking = { perMinute: 120, burst: 480 }

export function registerApi(app: WebApplication, options: WebApplicationOptions): void {
  const { authority, clock } = options
  const few = limited({ ...guessing, clock })
  const many = limited({ ...asking, clock })
  const bounded = bodyLimit({ maxSize: bodyBytesMax, onError: () => errorResponse(bodyTooLarge()) })
  const ping = async (context: WebContext): Promise<Response> => context.json(pingDocument(await pingFacts(options)))

  app.get('/v1/webapi/ping', many, ping)
  // A login connector may be asked for by name; there is one, for users with a password.
  app.get('/v1/webapi/ping/local', many, ping)
  app.get('/v1/webapi/find', many, async (context) => context.json(findDocument(await pingFacts(options))))
  app.post('/v1/webapi/login', few, bounded, (context) => login(context, authority))
  app.get('/v1/webapi/invites/:token', few, (context) => getInvite(context, options, context.req.param('token')))
  app.post('/v1/webapi/invites/:token', few, bounded, (context) => redeemInvite(context, authority, context.req.param('token')))
  app.post('/v1/webapi/host/join', few, bounded, (context) => joinHost(context, authority))
  app.all('/v1/*', (context) => errorResponse(unknownPath(context.req.method, context.req.path)))
}

type WebContext = Context<{ Bindings: WebEnvironment }>

function limited(options: Parameters<typeof createRateLimit>[0]): MiddlewareHandler<{ Bindings: WebEnvironment }> {
  const limit = createRateLimit(options)
  return async (context, next) => {
    const answer = limit.take(context.env.remoteAddress)
    if (answer.kind === 'taken') return next()
    return errorResponse(tooManyRequests(answer.waitSeconds), { 'retry-after': String(answer.waitSeconds) })
  }
}

async function pingFacts({ authority, publicAddress, version }: WebApplicationOptions): Promise<PingFacts> {
  const { clusterName, caPins } = await authority.ping({})
  return { clusterName, version, publicAddress, caPins }
}

async function login(context: WebContext, authority: WebAuthority): Promise<Response> {
  const body = await readBody(context.req.raw, loginBody)
  const answer = await authority.login({
    user: body.user,
    password: body.password,
    oneTimePassword: body.otp,
    publicKeyPem: body.public_key,
    ttlMilliseconds: body.ttl_seconds === undefined ? undefined : body.ttl_seconds * 1000,
    clientAddress: context.env.remoteAddress,
  })
  return context.json({
    certificate: answer.certificatePem,
    host_authorities: answer.authorities.host,
    cluster_name: answer.clusterName,
    user: answer.user,
    valid_until: answer.validUntil,
  })
}

async function getInvite(context: WebContext, { authority, isSelfMade }: WebApplicationOptions, token: string): Promise<Response> {
  const invite = await authority.getInvite({ token, clientAddress: context.env.remoteAddress })
  return context.json({
    user: invite.user,
    cluster_name: invite.clusterName,
    otp_uri: invite.otpUri,
    otp_secret: invite.otpSecret,
    expires: invite.expires,
    usage: invite.usage,
    ...(isSelfMade === true ? { login_ca_pin: (await authority.ping({})).caPins[0] } : {}),
  })
}

async function redeemInvite(context: WebContext, authority: WebAuthority, token: string): Promise<Response> {
  const body = await readBody(context.req.raw, inviteBody)
  const { user } = await authority.redeemInvite({
    token,
    password: body.password,
    oneTimePassword: body.otp,
    clientAddress: context.env.remoteAddress,
  })
  return context.json({ user })
}

async function joinHost(context: WebContext, authority: WebAuthority): Promise<Response> {
  const body = await readBody(context.req.raw, joinBody)
  const answer = await authority.joinHost({
    token: body.token,
    hostId: body.host_id,
    hostname: body.hostname,
    roles: body.roles,
    publicKeyPem: body.public_key,
    clientAddress: context.env.remoteAddress,
  })
  return context.json({
    certificate: answer.certificatePem,
    host_authorities: answer.hostAuthoritiesPem,
    user_authorities: answer.userAuthoritiesPem,
    db_authorities: answer.dbAuthoritiesPem,
    cluster_name: answer.clusterName,
  })
}

/** Making an access request, waiting for what reviewers say, and taking on what was granted. */
import { assumeRequests, baseOf, openAuthority, type Login } from '#client'
import { PortunusError } from '#foundation'
import { safeLines } from '#presentation'
import type { AccessRequest } from '#resources'
import { requestText } from '../access-request-text.ts'
import { profileDirectory, type TshContext } from './context.ts'

export interface RequestWish {
  readonly roles: readonly string[]
  readonly reason: string | undefined
  readonly reviewers: readonly string[]
  readonly accessMilliseconds?: number | undefined
  readonly pendingMilliseconds?: number | undefined
  readonly isAwaited: boolean
}

const pollMilliseconds = 1_000

/** The login with what was granted; the login itself where the answer is not waited for. Throws what refuses or ends the request. */
export async function requestAndAssume(context: TshContext, login: Login, wish: RequestWish): Promise<Login> {
  const { terminal } = context.world
  const request = await create(context, login, wish)
  const id = request.metadata.name
  terminal.tell(safeLines(requestText(request)))
  if (!wish.isAwaited) {
    terminal.tell(`\nWhen it is approved, take it on with: tsh login --request-id=${id}`)
    return login
  }
  terminal.tell('\nWaiting for the request to be approved; Ctrl-C stops waiting, and the request stays ...')
  await approval(context, login, id)
  terminal.tell('The request is approved, getting a certificate with what it grants ...')
  return await assumeRequests(context.world.client, profileDirectory(context), { login, ids: [id] })
}

async function create({ world }: TshContext, login: Login, wish: RequestWish): Promise<AccessRequest> {
  await using connection = await openAuthority(world.client, baseOf(login))
  const { request } = await connection.authority.createAccessRequest({
    roles: [...wish.roles],
    reason: wish.reason,
    suggestedReviewers: [...wish.reviewers],
    accessMilliseconds: wish.accessMilliseconds,
    pendingMilliseconds: wish.pendingMilliseconds,
  })
  return request
}

/** Resolves when the request is approved. Throws ACCESS_REQUEST_DENIED, ACCESS_REQUEST_GONE, ACCESS_REQUEST_WAIT_ENDED. */
async function approval({ world }: TshContext, login: Login, id: string): Promise<void> {
  const stopped = world.terminationSignal()
  for (;;) {
    const request = await look(world, login, id)
    if (request === undefined) throw gone(id)
    if (request.spec.state === 'APPROVED') return
    if (request.spec.state === 'DENIED') throw denied(request)
    await world.client.clock.sleep(pollMilliseconds, { signal: stopped }).catch(() => {
      throw waitEnded(id)
    })
  }
}

async function look({ client }: TshContext['world'], login: Login, id: string): Promise<AccessRequest | undefined> {
  await using connection = await openAuthority(client, baseOf(login))
  const { requests } = await connection.authority.listAccessRequests({})
  return requests.find(({ request }) => request.metadata.name === id)?.request
}

function denied({ metadata, spec }: AccessRequest): PortunusError {
  const by = spec.resolvedBy === undefined ? '' : ` by ${spec.resolvedBy}`
  const why = spec.resolveReason === undefined ? '' : ` (${spec.resolveReason})`
  return new PortunusError('ACCESS_REQUEST_DENIED', `Cannot take on the access request "${metadata.name}": it was denied${by}${why}`, {
    category: 'access-denied',
    hint: `see the reviews with: tsh request show ${metadata.name}`,
  })
}

function gone(id: string): PortunusError {
  return new PortunusError(
    'ACCESS_REQUEST_GONE',
    `Cannot wait for the access request "${id}": it was deleted, or nobody answered in time`,
    {
      category: 'not-found',
      hint: 'make a new request with: tsh request create',
    },
  )
}

function waitEnded(id: string): PortunusError {
  return new PortunusError(
    'ACCESS_REQUEST_WAIT_ENDED',
    `Cannot take on the access request "${id}": it is pending, and the wait was stopped`,
    {
      category: 'unavailable',
      hint: `take it on when it is approved with: tsh login --request-id=${id}`,
    },
  )
}

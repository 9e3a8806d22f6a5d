/** `tctl requests`: access requests for administrators, one by one or several. */
import { PortunusError } from '#foundation'
import { printJson, printYaml, printYamlDocuments, safeText, table } from '#presentation'
import type { AccessRequest } from '#resources'
import { cutNote, requestDocument, requestText, tctlRequestColumns, tctlRequestRow } from '../../access-request-text.ts'
import { listFlag, splitList, textFlag, withAuthority, type TctlContext } from '../context.ts'

export const requestCommands = { list, get, approve, deny, create, review, remove }

async function list(context: TctlContext): Promise<number> {
  const { terminal } = context.world
  const requests = await all(context)
  switch (textFlag(context, 'format')) {
    case 'json':
      terminal.answer(printJson(requests.map(requestDocument)))
      return 0
    case 'yaml':
      terminal.answer(printYaml(requests.map(requestDocument)))
      return 0
    default:
      if (requests.length === 0) terminal.answer('No access requests found')
      else terminal.answer(table(tctlRequestColumns, requests.map(tctlRequestRow), { width: terminal.columns, cut: 'Request Reason' }))
  }
  const note = cutNote(requests, 'tctl requests get <id>')
  if (note !== undefined) terminal.tell(note)
  return 0
}

async function get(context: TctlContext): Promise<number> {
  const { terminal } = context.world
  const requests = await all(context)
  const found = idsOf(context).map((id) => requests.find(({ metadata }) => metadata.name === id) ?? missing(id))
  switch (textFlag(context, 'format')) {
    case 'json':
      terminal.answer(printJson(found.map(requestDocument)))
      return 0
    case 'yaml':
      terminal.answer(printYamlDocuments(found.map(requestDocument)))
      return 0
    default:
      terminal.answer(found.map((request) => requestText(request).split('\n').map(safeText).join('\n')).join('\n\n'))
      return 0
  }
}

async function all(context: TctlContext): Promise<readonly AccessRequest[]> {
  const { requests } = await withAuthority(context, (authority) => authority.listAccessRequests({}))
  return requests.map(({ request }) => request)
}

function missing(id: string): never {
  throw new PortunusError('ACCESS_REQUEST_NOT_LISTED', `Cannot show the access request "${id}": it does not exist, or it is over`, {
    category: 'not-found',
    hint: 'see the requests with: tctl requests ls',
  })
}

function approve(context: TctlContext): Promise<number> {
  return decide(context, 'APPROVED')
}

function deny(context: TctlContext): Promise<number> {
  return decide(context, 'DENIED')
}

/** One after the other; the first failure ends it, and what went before has been said. */
async function decide(context: TctlContext, state: 'APPROVED' | 'DENIED'): Promise<number> {
  const roles = listFlag(context, 'roles')
  const how = { state, reason: textFlag(context, 'reason'), ...(roles.length === 0 ? {} : { roles: [...roles] }) }
  await withAuthority(context, async (authority) => {
    for (const id of idsOf(context)) {
      const { request } = await authority.decideAccessRequest({ id, ...how })
      const { user, roles: granted } = request.spec
      const what =
        state === 'APPROVED' ? `approved: "${user}" may have ${granted.join(', ')} until ${request.metadata.expires ?? ''}` : 'denied'
      context.world.terminal.answer(`Access request "${id}" has been ${what}`)
    }
  })
  return 0
}

async function create(context: TctlContext): Promise<number> {
  const [user = ''] = context.args
  const roles = listFlag(context, 'roles')
  const dryRun = context.flags['dryRun'] === true
  const wish = { user, roles: roles.length === 0 ? ['*'] : [...roles], reason: textFlag(context, 'reason'), dryRun }
  const { request } = await withAuthority(context, (authority) => authority.createAccessRequestFor(wish))
  context.world.terminal.answer(dryRun ? printJson(requestDocument(request)) : request.metadata.name)
  return 0
}

async function review(context: TctlContext): Promise<number> {
  const [id = ''] = context.args
  const { approve: says, deny: refuses } = context.flags
  if ((says === true) === (refuses === true)) {
    throw new PortunusError('REVIEW_UNDECIDED', `Cannot review the access request "${id}": one of --approve and --deny is needed`, {
      category: 'bad-input',
      hint: `write it like: tctl requests review ${id} --author=<user> --approve`,
    })
  }
  const state = says === true ? 'APPROVED' : 'DENIED'
  const review = { id, state, reason: textFlag(context, 'reason'), author: textFlag(context, 'author') } as const
  const { request } = await withAuthority(context, (authority) => authority.reviewAccessRequest(review))
  context.world.terminal.answer(`Review of "${id}" has been kept; the request is ${request.spec.state}`)
  return 0
}

async function remove(context: TctlContext): Promise<number> {
  await withAuthority(context, async (authority) => {
    for (const id of idsOf(context)) {
      await authority.deleteAccessRequest({ id })
      context.world.terminal.answer(`Access request "${id}" has been deleted`)
    }
  })
  return 0
}

/** Never empty. */
function idsOf(context: TctlContext): readonly string[] {
  const ids = splitList(context.args[0] ?? '')
  if (ids.length > 0) return ids
  throw new PortunusError('ACCESS_REQUEST_ID_MISSING', 'Cannot find access requests: no id is given', {
    category: 'bad-input',
    hint: 'see the ids with: tctl requests ls',
  })
}

/** `tsh request ls` and `tsh request show`: access requests as the person sees them. */
import { activeRequestsOf, baseOf, openAuthority, type Login } from '#client'
import { PortunusError } from '#foundation'
import { printJson, printYaml, safeLines, table } from '#presentation'
import type { AccessRequest } from '#resources'
import { cutNote, requestColumns, requestDocument, requestRow, requestText } from '../../access-request-text.ts'
import { validLogin, type TshContext } from '../context.ts'
import type { Flags } from '../program.ts'

export async function listRequests(context: TshContext, flags: Flags): Promise<number> {
  const { terminal, client } = context.world
  const login = await validLogin(context)
  const user = login.base.identity.user
  const requests = (await visible(context, login))
    .filter(({ reviewable }) => flags['reviewable'] !== true || reviewable)
    .map(({ request }) => request)
    .filter(({ spec }) => flags['suggested'] !== true || spec.suggestedReviewers?.includes(user) === true)
    .filter(({ spec }) => flags['myRequests'] !== true || spec.user === user)
  if (flags['format'] !== 'text') {
    const documents = requests.map(requestDocument)
    terminal.answer(flags['format'] === 'json' ? printJson(documents) : printYaml(documents))
    return 0
  }
  if (requests.length === 0) {
    terminal.answer('No access requests found')
    return 0
  }
  const rows = requests.map((request) => requestRow(request, client.clock.now()))
  terminal.answer(table(requestColumns, rows, { width: terminal.columns, cut: 'Reason' }))
  tellHints(context, login, requests)
  return 0
}

export async function showRequest(context: TshContext, flags: Flags, id: string): Promise<number> {
  const { terminal } = context.world
  const request = (await visible(context, await validLogin(context))).find(({ request: { metadata } }) => metadata.name === id)?.request
  if (request === undefined) {
    throw new PortunusError(
      'ACCESS_REQUEST_NOT_VISIBLE',
      `Cannot show the access request "${id}": it is over, or neither yours nor yours to review`,
      {
        category: 'not-found',
        hint: 'see the requests with: tsh request ls',
      },
    )
  }
  const document = requestDocument(request)
  if (flags['format'] === 'json') terminal.answer(printJson(document))
  else if (flags['format'] === 'yaml') terminal.answer(printYaml(document))
  else terminal.answer(safeLines(requestText(request)))
  return 0
}

async function visible({ world }: TshContext, login: Login) {
  await using connection = await openAuthority(world.client, baseOf(login))
  return (await connection.authority.listAccessRequests({})).requests
}

function tellHints({ world }: TshContext, login: Login, requests: readonly AccessRequest[]): void {
  const { terminal } = world
  const note = cutNote(requests, 'tsh request show <id>')
  if (note !== undefined) terminal.tell(note)
  terminal.tell("Hint: see a request in full with 'tsh request show <id>'")
  const active = activeRequestsOf(login)
  const isWaiting = requests.some(
    ({ metadata, spec }) => spec.state === 'APPROVED' && spec.user === login.base.identity.user && !active.includes(metadata.name),
  )
  if (isWaiting) terminal.tell("Hint: take an approved request on with 'tsh login --request-id=<id>'")
}

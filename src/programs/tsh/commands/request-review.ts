/** `tsh request review`: yes or no to somebody else's access request. */
import { baseOf, openAuthority } from '#client'
import { PortunusError } from '#foundation'
import { nonEmpty, validLogin, type TshContext } from '../context.ts'
import { textOrUndefined, type Flags } from '../program.ts'

export async function reviewRequest(context: TshContext, flags: Flags, id: string): Promise<number> {
  const [says, refuses] = [flags['approve'] === true, flags['deny'] === true]
  if (says === refuses) {
    throw new PortunusError('REVIEW_WORD_MISSING', `Cannot review the access request "${id}": one of --approve and --deny is needed`, {
      category: 'bad-input',
      hint: `write it like: tsh request review ${id} --approve`,
    })
  }
  await using connection = await openAuthority(context.world.client, baseOf(await validLogin(context)))
  const { request } = await connection.authority.reviewAccessRequest({
    id,
    state: says ? 'APPROVED' : 'DENIED',
    reason: nonEmpty(textOrUndefined(flags['reason'])),
  })
  context.world.terminal.answer(`Your review has been kept; the request is ${request.spec.state}`)
  return 0
}

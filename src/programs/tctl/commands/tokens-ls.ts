/** `tctl tokens ls` and `tctl tokens rm`. Values are kept as hashes, so lists can only show their last characters. */
import type { ResponseOf } from '#authority-api'
import { longDuration, printJson, printYaml, rfc822Time, table } from '#presentation'
import { maskToken } from '#resources'
import { tokenDocument } from '../kinds/token.ts'
import { labelsFlag } from '../labels.ts'
import { textFlag, withAuthority, type TctlContext } from '../context.ts'

type Token = ResponseOf<'listTokens'>['tokens'][number]

export async function listTokens(context: TctlContext): Promise<number> {
  const wanted = Object.entries(labelsFlag(context))
  const found = await withAuthority(context, (authority) => authority.listTokens({}))
  const tokens = found.tokens.filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value))
  context.world.terminal.answer(printTokens(context, tokens))
  return 0
}

function printTokens(context: TctlContext, tokens: readonly Token[]): string {
  const { terminal, client } = context.world
  switch (textFlag(context, 'format')) {
    case 'json':
      return printJson(tokens.map(tokenDocument))
    case 'yaml':
      return printYaml(tokens.map(tokenDocument))
    case 'text':
      return tokens.length === 0 ? 'No active tokens found.' : tokens.map(({ maskedValue }) => maskedValue).join('\n')
    default: {
      if (tokens.length === 0) return 'No active tokens found.'
      const rows = tokens.map((token) => tokenRow(token, client.clock.now()))
      return table(['Token', 'Type', 'Labels', 'Expiry Time (UTC)'], rows, { width: terminal.columns })
    }
  }
}

function tokenRow({ maskedValue, roles, labels, expires }: Token, now: Date): readonly string[] {
  const labelsText = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join(',')
  return [maskedValue, roles.join(','), labelsText, expires === undefined ? 'never' : expiryText(new Date(expires), now)]
}

function expiryText(expires: Date, now: Date): string {
  return `${rfc822Time(expires)} (${longDuration(expires.getTime() - now.getTime())})`
}

export async function removeToken(context: TctlContext): Promise<number> {
  const [value = ''] = context.args
  await withAuthority(context, (authority) => authority.deleteToken({ value }))
  context.world.terminal.answer(`Token ${maskToken(value)} has been deleted`)
  return 0
}

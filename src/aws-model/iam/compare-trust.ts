/** Whether the trust policy a role has lets in whom a plan says it must trust. */
import type { PolicyDocument } from '../policy.ts'
import { parseArn } from '../arn.ts'
import { covers } from './compare.ts'
import { listOf } from './grants.ts'
import { fieldOf, parsedJson, textsOf } from './live-policy.ts'
import { agentPlaceholder } from './trust.ts'

/** Callers of the planned trust policy that the live one keeps out, each with the reason. */
export function missingTrust(planned: PolicyDocument, liveJson: string): readonly string[] {
  const [wanted] = planned.Statement
  const statement: unknown = fieldOf(parsedJson(liveJson), 'Statement')
  const live: readonly unknown[] = Array.isArray(statement) ? statement : [statement]
  const externalIds = listOf(wanted?.Condition?.['StringEquals']?.['sts:ExternalId'])
  return listOf(wanted?.Principal?.AWS)
    .filter((caller) => caller !== agentPlaceholder && !caller.includes('{'))
    .flatMap((caller) => {
      const naming = live.filter((entry) => isAbout(entry, 'Allow') && names(entry, caller))
      if (live.some((entry) => isAbout(entry, 'Deny') && names(entry, caller) && fieldOf(entry, 'Condition') === undefined)) {
        return [`${caller} (the trust policy denies it)`]
      }
      if (naming.length === 0) return [`${caller} (the trust policy does not name it)`]
      return naming.some((entry) => takesExternalId(entry, externalIds)) ? [] : [`${caller} (the trust policy has another condition)`]
    })
}

function isAbout(statement: unknown, effect: 'Allow' | 'Deny'): boolean {
  const actions = textsOf(fieldOf(statement, 'Action'))
  return fieldOf(statement, 'Effect') === effect && actions.some((action) => covers(action.toLowerCase(), 'sts:assumerole'))
}

/** The caller itself, its whole account, or everybody. */
function names(statement: unknown, caller: string): boolean {
  const principal = fieldOf(statement, 'Principal')
  const named = principal === '*' ? ['*'] : textsOf(fieldOf(principal, 'AWS'))
  const arn = parseArn(caller)
  const account = arn === undefined ? [] : [arn.accountId, `arn:${arn.partition}:iam::${arn.accountId}:root`]
  return named.some((name) => name === '*' || name === caller || account.includes(name))
}

function takesExternalId(statement: unknown, externalIds: readonly string[]): boolean {
  const condition = fieldOf(statement, 'Condition')
  if (condition === undefined) return true
  const wanted = textsOf(fieldOf(fieldOf(condition, 'StringEquals'), 'sts:ExternalId'))
  const isOnly = typeof condition === 'object' && condition !== null && Object.keys(condition).length === 1
  return isOnly && wanted.length > 0 && externalIds.every((id) => wanted.includes(id)) && externalIds.length > 0
}

/** From grants to named policies, each within IAM's limits. */
import { PortunusError } from '#foundation'
import type { PolicyDocument } from '../policy.ts'
import type { Grant } from './grants.ts'
import { iamLimits, policyCharacters, splitPolicy } from './policy-size.ts'

export interface PlannedPolicy {
  readonly name: string
  readonly document: PolicyDocument
  /** As IAM counts them, without white space. */
  readonly characters: number
}

export interface PlannedPolicies {
  readonly policies: readonly PlannedPolicy[]
  /** Of all permissions in one document. */
  readonly characters: number
  /** Set when clusters were named together, region by region, because there were too many to name. */
  readonly compacted: boolean
}

// Room for `-10` behind the name of the first.
const suffixCharacters = 3

/** No grants make no policy; many make `<name>`, `<name>-2` and so on. Throws AWS_POLICY_NAME_MALFORMED. */
export function plannedPolicies(grants: readonly Grant[], name: string): PlannedPolicies {
  checkPolicyName(name)
  if (grants.length === 0) return { policies: [], characters: 0, compacted: false }
  const { documents, characters, compacted } = splitPolicy(grants)
  const stem = name.slice(0, iamLimits.policyNameCharacters - suffixCharacters)
  const policies = documents.map((document, index) => ({
    name: index === 0 ? name : `${stem}-${index + 1}`,
    document,
    characters: policyCharacters(document),
  }))
  return { policies, characters, compacted }
}

/** Whether a policy of that name is one of the parts that plans of this first name are made of, now or earlier. */
export function isPartOf(firstName: string, name: string): boolean {
  const stem = firstName.slice(0, iamLimits.policyNameCharacters - suffixCharacters)
  return name === firstName || (name.startsWith(`${stem}-`) && /^-\d{1,2}$/.test(name.slice(stem.length)))
}

/** A name of its own for each role, so that the policies of two roles never overwrite each other. */
export function suffixedName(name: string, suffix: string): string {
  return `${name}-${suffix}`.slice(0, iamLimits.policyNameCharacters)
}

// IAM API reference, CreatePolicy, parameter PolicyName.
function checkPolicyName(name: string): void {
  if (/^[\w+=,.@-]{1,128}$/.test(name)) return
  throw new PortunusError('AWS_POLICY_NAME_MALFORMED', `Cannot use "${name}" as the name of an IAM policy: IAM does not take it`, {
    category: 'bad-input',
    hint: 'use 1 to 128 letters, digits and characters of +=,.@_-',
  })
}

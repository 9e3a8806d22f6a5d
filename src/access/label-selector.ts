/** Selectors outside of roles: which databases an agent is to serve. */
import type { LabelSelector } from '#resources'
import { compileLabels, matchesLabels, type Labels } from './labels.ts'

/** By the rules of roles, without anybody's traits: every key must be there with one of its values; nothing matches nothing. */
export function selectsLabels(selector: LabelSelector, labels: Labels): boolean {
  const matcher = compileLabels(selector, { role: 'selector', traits: {}, side: 'allow', expression: undefined })
  return matchesLabels(matcher, labels)
}

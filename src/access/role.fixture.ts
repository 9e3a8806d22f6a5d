/** For tests: roles, subjects and databases in few words. */
import { parseRole, type Role, type Traits } from '#resources'
import type { AccessSubject, DatabaseTarget } from './decision.ts'

export interface RoleSketch {
  readonly name?: string
  readonly allow?: object
  readonly deny?: object
  readonly options?: object
}

/** A version 7 role, `dev` unless named, that reaches every database unless its allow half says otherwise. */
export function role({ name = 'dev', allow = {}, deny = {}, options = {} }: RoleSketch): Role {
  const spec = { allow: { db_labels: { '*': '*' }, ...allow }, deny, options }
  return parseRole({ kind: 'role', version: 'v7', metadata: { name }, spec })
}

export function subject(roles: readonly RoleSketch[], traits: Traits = {}): AccessSubject {
  return { user: 'alice', roles: roles.map(role), traits }
}

export function database(labels: Readonly<Record<string, string>> = {}, aws?: DatabaseTarget['aws']): DatabaseTarget {
  return { name: 'my-redshift', labels, protocol: 'postgres', aws }
}

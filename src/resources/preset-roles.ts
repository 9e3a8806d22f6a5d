/** The roles every cluster is born with; names and contents as people know them from the guide. */
import { noConditions, type RoleConditions, type Rule } from './role-conditions.ts'
import type { RoleOptions } from './role-options.ts'
import type { Role, RoleVersion } from './role.ts'

/** The label that tells a preset from a role somebody wrote. */
export const presetLabel = { 'teleport.internal/resource-type': 'preset' } as const

const readOnly = ['list', 'read']
const readWrite = ['list', 'create', 'read', 'update', 'delete']
const everything = { '*': ['*'] }
const hour = 3_600_000

const editable = [
  'user',
  'role',
  'token',
  'db',
  'db_object_import_rule',
  'lock',
  'auth_connector',
  'oidc',
  'oidc_request',
  'saml',
  'saml_request',
  'github',
  'github_request',
  'cluster_audit_config',
  'cluster_auth_preference',
  'cluster_name',
  'cluster_networking_config',
  'session_recording_config',
  'ui_config',
  'trusted_cluster',
  'remote_cluster',
  'database_certificate',
  'connection_diagnostic',
  'installer',
  'node',
  'app_server',
  'access_list',
  'cluster_alert',
]

/** The roles access, editor, auditor, requester and reviewer, in this order. */
export function presetRoles(): readonly Role[] {
  return [accessRole(), editorRole(), auditorRole(), requesterRole(), reviewerRole()]
}

function accessRole(): Role {
  return preset('access', 'v7', {
    description: 'Reach databases as the database users and names of your traits',
    options: { maxSessionTtlMilliseconds: 30 * hour, recordSession: { desktop: true } },
    allow: {
      dbLabels: everything,
      dbServiceLabels: everything,
      dbUsers: ['{{internal.db_users}}'],
      dbNames: ['{{internal.db_names}}'],
      dbRoles: ['{{internal.db_roles}}'],
      rules: [
        rule('event', readOnly),
        { ...rule('session', ['read', 'list']), where: 'contains(session.participants, user.metadata.name)' },
        rule('instance', readOnly),
        rule('cluster_maintenance_config', readOnly),
      ],
    },
  })
}

function editorRole(): Role {
  return preset('editor', 'v7', {
    description: 'Edit users, roles and the configuration of the cluster',
    options: { maxSessionTtlMilliseconds: 30 * hour, recordSession: { desktop: false } },
    allow: {
      rules: [...editable.map((resource) => rule(resource, readWrite)), rule('db_service', readOnly), rule('instance', readOnly)],
    },
  })
}

function auditorRole(): Role {
  return preset('auditor', 'v7', {
    description: 'Read sessions and audit events',
    options: { maxSessionTtlMilliseconds: 30 * hour, recordSession: { desktop: false } },
    allow: {
      rules: [
        ...['session', 'event', 'session_tracker', 'cluster_alert', 'instance'].map((resource) => rule(resource, readOnly)),
        ...['security_report', 'audit_query'].map((resource) => rule(resource, [...readOnly, 'use'])),
      ],
    },
  })
}

function requesterRole(): Role {
  return preset('requester', 'v6', {
    description: 'Ask for access to what you cannot reach',
    allow: { request: { search_as_roles: ['access', 'group-access'] } },
  })
}

function reviewerRole(): Role {
  return preset('reviewer', 'v6', {
    description: 'Review requests for access',
    allow: { reviewRequests: { roles: ['access', 'group-access'], preview_as_roles: ['access', 'group-access'] } },
  })
}

interface PresetContent {
  readonly description: string
  readonly options?: RoleOptions
  readonly allow: Partial<RoleConditions>
}

function preset(name: string, version: RoleVersion, content: PresetContent): Role {
  return {
    kind: 'role',
    version,
    metadata: { name, description: content.description, labels: presetLabel },
    spec: { options: content.options ?? {}, allow: { ...noConditions, ...content.allow }, deny: noConditions },
  }
}

function rule(resource: string, verbs: readonly string[]): Rule {
  return { resources: [resource], verbs }
}

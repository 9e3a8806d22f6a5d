/** What a person needs to know of a running lab, as text for the terminal and as JSON for programs. Pure. */
import type { ActivityRecord } from './activity.ts'
import type { Lab } from './lab.ts'

export type LabSheetSource = Pick<Lab, 'environment' | 'aws' | 'redshift' | 'superuserDsn' | 'databases' | 'users'>

/** The shape of `--json FILE`; it only grows. */
export interface LabSheet {
  readonly process_id: number
  /** Environment of the Database Service and of stock AWS clients. */
  readonly environment: Readonly<Record<string, string>>
  readonly aws_endpoint: string
  readonly region: string
  readonly account_id: string
  readonly cluster_id: string
  /** host:port */
  readonly cluster_endpoint: string
  readonly ca_file: string
  readonly superuser_dsn: string
  readonly databases: readonly string[]
  readonly database_users: readonly string[]
  readonly iam_roles: {
    readonly trusting: { readonly arn: string; readonly database_user: string }
    readonly untrusting: { readonly arn: string; readonly database_user: string }
    readonly external_id: { readonly arn: string; readonly database_user: string; readonly external_id: string }
  }
  readonly configure_command: string
  /** Environment of an administrator of the account, for setting up IAM. */
  readonly administrator_environment: Readonly<Record<string, string>>
}

export function labSheet(lab: LabSheetSource, processId: number): LabSheet {
  const { aws, redshift } = lab
  return {
    process_id: processId,
    environment: lab.environment,
    aws_endpoint: aws.endpoint,
    region: aws.region,
    account_id: aws.accountId,
    cluster_id: redshift.clusterId,
    cluster_endpoint: `${redshift.host}:${redshift.port}`,
    ca_file: redshift.caFile,
    superuser_dsn: lab.superuserDsn,
    databases: lab.databases,
    database_users: lab.users,
    iam_roles: {
      trusting: { arn: aws.role.arn, database_user: aws.role.databaseUser },
      untrusting: { arn: aws.untrustingRole.arn, database_user: aws.untrustingRole.databaseUser },
      external_id: {
        arn: aws.externalIdRole.arn,
        database_user: aws.externalIdRole.databaseUser,
        external_id: aws.externalIdRole.externalId,
      },
    },
    configure_command: configureCommand(lab),
    administrator_environment: {
      ...lab.environment,
      AWS_ACCESS_KEY_ID: aws.administrator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.administrator.secretAccessKey,
    },
  }
}

function configureCommand({ aws, redshift }: LabSheetSource): string {
  return [
    'teleport db configure create -o file',
    `--name=${redshift.clusterId}`,
    '--proxy=localhost:3080',
    '--protocol=postgres',
    '--token=/tmp/token',
    `--uri=${redshift.host}:${redshift.port}`,
    `--ca-cert-file=${redshift.caFile}`,
    `--aws-region=${aws.region}`,
    `--aws-account-id=${aws.accountId}`,
    `--aws-redshift-cluster-id=${redshift.clusterId}`,
  ].join(' ')
}

/** Pasteable where it looks pasteable. */
export function printLabSheet(sheet: LabSheet): string {
  const exports = Object.entries(sheet.environment).map(([name, value]) => `  export ${name}=${quoteForShell(value)}`)
  const { AWS_ACCESS_KEY_ID: administratorKeyId = '', AWS_SECRET_ACCESS_KEY: administratorSecret = '' } = sheet.administrator_environment
  const { trusting, untrusting, external_id: external } = sheet.iam_roles
  return [
    'The lab is ready: an AWS stand-in and a Redshift stand-in on this machine, with real signatures and real rows.',
    '',
    'Environment of the Database Service, and of aws, boto3 and the SDKs:',
    ...exports,
    '',
    'Redshift cluster:',
    `  endpoint         ${sheet.cluster_endpoint} (TLS only)`,
    `  cluster id       ${sheet.cluster_id}`,
    `  region, account  ${sheet.region}, ${sheet.account_id}`,
    `  CA file          ${sheet.ca_file}`,
    `  databases        ${sheet.databases.join(', ')}`,
    `  database users   ${sheet.database_users.join(', ')}`,
    '',
    'IAM roles to connect as:',
    `  ${trusting.database_user}  works`,
    `  ${untrusting.database_user}  does not trust the Database Service`,
    `  ${external.database_user}  wants the external id "${external.external_id}"`,
    '',
    'An administrator of the account, for IAM (the user TeleportUser and the role TeleportRole have no permissions yet):',
    `  export AWS_ACCESS_KEY_ID=${quoteForShell(administratorKeyId)}`,
    `  export AWS_SECRET_ACCESS_KEY=${quoteForShell(administratorSecret)}`,
    '',
    'PostgreSQL behind the stand-in, as its superuser:',
    `  psql ${quoteForShell(sheet.superuser_dsn)}`,
    '',
    'To serve the cluster, with the environment above:',
    `  ${sheet.configure_command}`,
    '',
    'Ctrl-C ends the lab and removes everything it made.',
    '',
  ].join('\n')
}

/** One line for people who watch. */
export function printActivity(record: ActivityRecord): string {
  const time = record.time.slice(11, 19)
  switch (record.kind) {
    case 'aws-call':
      return `${time} ${record.service}:${record.action} by ${record.caller ?? 'nobody'}: ${record.errorCode ?? 'ok'}${
        record.errorMessage === undefined ? '' : ` (${record.errorMessage})`
      }`
    case 'database-login':
      return `${time} login of ${record.loginName} to ${record.database}: ${record.refusal ?? 'ok'}`
    case 'database-cancel':
      return `${time} cancel of process ${record.processId}`
  }
  record satisfies never
}

function quoteForShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

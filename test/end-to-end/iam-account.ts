/** An AWS account of the lab that can be set back, and `teleport db configure bootstrap` talking to it. */
import { startLab, type Lab, type LabIdentity } from '../../lab/lab.ts'
import { withAccount, type AwsAccount } from '../../lab/aws/world.ts'
import { speak, type Spoken } from '../../src/programs/teleport/testing/conversation.ts'

export interface DatabaseEntry {
  readonly name?: string
  readonly cluster?: string
  readonly role?: string
}

export function configurationOf(...databases: readonly DatabaseEntry[]): string {
  const entries = databases.map(({ name = 'my-redshift', cluster = 'my-redshift', role }) =>
    [
      `  - {name: ${name}, protocol: postgres, uri: "localhost:5439",`,
      `     aws: {region: us-east-1, redshift: {cluster_id: ${cluster}}${role === undefined ? '' : `, assume_role_arn: "${role}"`}}}`,
    ].join('\n'),
  )
  return `version: v3
teleport: {proxy_server: "teleport.example.com:3080"}
auth_service: {enabled: "no"}
proxy_service: {enabled: "no"}
db_service:
  enabled: "yes"
  databases:
${entries.join('\n')}
`
}

export interface Situation {
  readonly file?: string
  readonly as?: LabIdentity
  readonly answers?: readonly string[]
}

export interface IamAccount extends AsyncDisposable {
  readonly lab: Lab
  /** As it was in the beginning. */
  reset(): void
  environmentOf(identity: LabIdentity): Readonly<Record<string, string>>
  /** Speaks as the administrator, about one Redshift cluster, unless told otherwise. */
  bootstrap(flags: readonly string[], situation?: Situation): Promise<Spoken>
  change(change: (before: AwsAccount) => AwsAccount): void
  now(): AwsAccount
}

export async function openIamAccount(): Promise<IamAccount> {
  const lab = await startLab()
  const { control } = lab
  const fresh = control.world()
  const environmentOf = (identity: LabIdentity) => ({
    ...lab.environment,
    AWS_ACCESS_KEY_ID: identity.accessKeyId,
    AWS_SECRET_ACCESS_KEY: identity.secretAccessKey,
  })
  return {
    lab,
    reset: () => control.changeWorld(() => fresh),
    environmentOf,
    bootstrap: (flags, { file = configurationOf({}), as = lab.aws.administrator, answers } = {}) =>
      speak(['db', 'configure', 'bootstrap', '-c', '/etc/teleport.yaml', ...flags], {
        environment: environmentOf(as),
        files: { '/etc/teleport.yaml': file },
        ...(answers === undefined ? {} : { answers }),
      }),
    change: (change) => control.changeWorld((world) => withAccount(world, lab.aws.accountId, change)),
    now() {
      const [account] = control.world().accounts
      if (account === undefined) throw new Error('the lab has an account')
      return account
    },
    [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
  }
}

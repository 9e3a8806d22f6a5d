/** IAM roles as database users: `role/x` and its full ARN are one user, as far as the account of the database is known. */
import { foldCase } from './pattern.ts'

export interface AwsPlace {
  readonly region?: string | undefined
  readonly accountId?: string | undefined
  /** True where every database user is an IAM role (Redshift Serverless): there a bare name is `role/<name>`. */
  readonly usersAreRoles?: boolean | undefined
}

/** Other names of one database user. */
export interface UserNames {
  /** Names that are certainly the same user: what allow lists may go by. The given name comes first. */
  readonly certain: readonly string[]
  /** Names that might be the same user: what deny lists go by. */
  readonly possible: readonly string[]
  /** Set to `role/<path>` where the account is unknown: an ARN of any account with this path might be meant. */
  readonly roleInAnyAccount?: string
}

// IAM User Guide, "IAM identifiers": arn:partition:iam::account:role/path/name.
const arnPattern = /^arn:(aws[a-z-]*):iam::(\d{12}):(role\/.+)$/
const partitions = ['aws', 'aws-cn', 'aws-us-gov', 'aws-iso', 'aws-iso-b', 'aws-iso-e', 'aws-iso-f', 'aws-eusc']

/** All names of the database user on a database in this place; only the given one where it is no IAM role. */
export function namesOfDatabaseUser(databaseUser: string, place: AwsPlace | undefined): UserNames {
  const names = namesAsWritten(databaseUser, place)
  const folded = foldCase(databaseUser)
  if (folded === databaseUser) return names
  // `ROLE/x` is a role for nobody but a deny list.
  const others = namesAsWritten(folded, place)
  return { ...others, ...names, possible: [...names.possible, ...others.possible] }
}

function namesAsWritten(databaseUser: string, place: AwsPlace | undefined): UserNames {
  const arn = databaseUser.startsWith('arn:') ? arnPattern.exec(databaseUser) : null
  if (arn !== null) return namesOfArn(databaseUser, { partition: arn[1] ?? '', account: arn[2] ?? '', role: arn[3] ?? '', place })
  const role = roleOf(databaseUser, place)
  if (role === undefined) return { certain: [databaseUser], possible: [databaseUser] }
  const short = shortNames(role, place).filter((name) => name !== databaseUser)
  const accountId = place?.accountId
  if (accountId === undefined) {
    const names = [databaseUser, ...short]
    // A pattern over ARNs is asked about an account that does not exist: only a wildcard there can hold it.
    return { certain: names, possible: [...names, arnOf('aws', '000000000000', role)], roleInAnyAccount: role }
  }
  const arns = partitionsOf(place?.region).map((partition) => arnOf(partition, accountId, role))
  return { certain: [databaseUser, ...short, ...arns], possible: [databaseUser, ...short, ...arns] }
}

/** Whether a text in one case (`foldCase`) is the full ARN of this `role/<path>`, in whatever account and whatever case. */
export function isArnOfRole(foldedText: string, role: string): boolean {
  return arnPattern.exec(foldedText)?.[3] === foldCase(role)
}

interface Arn {
  readonly partition: string
  readonly account: string
  readonly role: string
  readonly place: AwsPlace | undefined
}

function namesOfArn(databaseUser: string, { partition, account, role, place }: Arn): UserNames {
  const short = shortNames(role, place)
  const isOurs = place?.accountId === account && partitionsOf(place.region).includes(partition)
  // Refusing role/x refuses it in every account: a deny list never reaches less far than upstream's.
  return { certain: isOurs ? [databaseUser, ...short] : [databaseUser], possible: [databaseUser, ...short] }
}

function roleOf(databaseUser: string, place: AwsPlace | undefined): string | undefined {
  if (databaseUser.startsWith('role/') && databaseUser !== 'role/') return databaseUser
  return place?.usersAreRoles === true ? `role/${databaseUser}` : undefined
}

function shortNames(role: string, place: AwsPlace | undefined): readonly string[] {
  return place?.usersAreRoles === true ? [role, role.slice('role/'.length)] : [role]
}

function arnOf(partition: string, account: string, role: string): string {
  return `arn:${partition}:iam::${account}:${role}`
}

/** The partition of a region, or every partition where the region is unknown: it is compared only when known. */
function partitionsOf(region: string | undefined): readonly string[] {
  if (region === undefined) return partitions
  const prefixes: readonly (readonly [string, string])[] = [
    ['cn-', 'aws-cn'],
    ['us-gov-', 'aws-us-gov'],
    ['us-iso-', 'aws-iso'],
    ['us-isob-', 'aws-iso-b'],
    ['eu-isoe-', 'aws-iso-e'],
    ['us-isof-', 'aws-iso-f'],
    ['eusc-', 'aws-eusc'],
  ]
  return [prefixes.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws']
}

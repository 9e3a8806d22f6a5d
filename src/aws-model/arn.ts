/** Amazon Resource Names, regions and partitions as values; it knows how AWS spells them and asks AWS nothing. */

/** An ARN in its parts: `arn:partition:service:region:account:resource` (AWS General Reference, "Amazon Resource Names"). */
export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly accountId: string
  readonly resource: string
}

/** A role's ARN. `path` begins and ends with a slash; `/` is the root. */
export interface RoleArn {
  readonly text: string
  readonly partition: string
  readonly accountId: string
  readonly path: string
  readonly name: string
}

const arnPattern = /^arn:([a-z][a-z0-9-]*):([a-z0-9-]+):([a-z0-9-]*):(\d{12}|aws)?:(.+)$/s
const roleResourcePattern = /^role(\/(?:[\u0021-\u007e]+\/)?)([\w+=,.@-]{1,64})$/
const regionPattern = /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/

/** The parts of an ARN, or undefined when the text is none. */
export function parseArn(text: string): Arn | undefined {
  const [, partition, service, region, accountId, resource] = arnPattern.exec(text) ?? []
  if (partition === undefined || service === undefined || resource === undefined) return undefined
  return { partition, service, region: region ?? '', accountId: accountId ?? '', resource }
}

/** The parts of an IAM role's ARN with its account and path, or undefined when the text is none. */
export function parseRoleArn(text: string): RoleArn | undefined {
  const arn = parseArn(text)
  if (arn === undefined || arn.service !== 'iam' || arn.region !== '' || !isAccountId(arn.accountId)) return undefined
  const parts = parseRoleResource(arn.resource)
  return parts === undefined ? undefined : { text, partition: arn.partition, accountId: arn.accountId, ...parts }
}

/** Path and name of `role/<path/>name` as IAM spells it, or undefined (IAM User Guide, "IAM identifiers"). */
export function parseRoleResource(resource: string): { readonly path: string; readonly name: string } | undefined {
  const [, path, name] = roleResourcePattern.exec(resource) ?? []
  if (path === undefined || name === undefined || path.includes('//')) return undefined
  return { path, name }
}

export interface RoleArnParts {
  readonly partition: string
  readonly accountId: string
  readonly path: string
  readonly name: string
}

export function roleArn(parts: RoleArnParts): RoleArn {
  return { text: `arn:${parts.partition}:iam::${parts.accountId}:role${parts.path}${parts.name}`, ...parts }
}

/** The principal to name in a policy for a caller: an assumed-role session becomes its role; its path is lost, as AWS loses it. */
export function principalOf(callerArn: string): string {
  const arn = parseArn(callerArn)
  const [kind, roleName] = arn?.resource.split('/') ?? []
  if (arn === undefined || arn.service !== 'sts' || kind !== 'assumed-role' || roleName === undefined) return callerArn
  return roleArn({ partition: arn.partition, accountId: arn.accountId, path: '/', name: roleName }).text
}

export function isAccountId(text: string): boolean {
  return /^\d{12}$/.test(text)
}

/** Whether a text has the shape of a region. New regions are not refused: the shape is checked, no list is kept. */
export function isRegion(text: string): boolean {
  return regionPattern.test(text)
}

// The longer prefix first: `us-iso-` and `us-isob-` do not overlap because of the dash.
const partitionByPrefix = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['us-isof-', 'aws-iso-f'],
  ['eu-isoe-', 'aws-iso-e'],
  ['eusc-', 'aws-eusc'],
] as const

/** The partition of a region: `cn-north-1` is in `aws-cn`; whatever has no partition of its own is in `aws`. */
export function partitionOf(region: string): string {
  return partitionByPrefix.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws'
}

/** The IAM identities that permissions are attached to: users and roles, by ARN or by name. */
import { PortunusError } from '#foundation'
import { isAccountId, parseArn } from '../arn.ts'

/** A user or a role. What a short name leaves open stays undefined until AWS is asked. */
export interface IamIdentity {
  readonly kind: 'user' | 'role'
  readonly name: string
  /** Begins and ends with a slash. */
  readonly path: string
  readonly partition: string | undefined
  readonly accountId: string | undefined
}

// IAM User Guide, "IAM and AWS STS quotas", names.
const namePattern = /^[\w+=,.@-]{1,64}$/
const pathPattern = /^\/(?:[\u0021-\u007e]+\/)?$/

/** The identity's ARN; what is not known is a placeholder in braces, for people to fill in. */
export function identityArn(identity: IamIdentity): string {
  const { partition = 'aws', accountId = '{account_id}', kind, path, name } = identity
  return `arn:${partition}:iam::${accountId}:${kind}${path}${name}`
}

/** The user or role of an ARN; a session of an assumed role is its role, whose path such an ARN does not tell. Undefined for all else. */
export function parseIdentityArn(text: string): IamIdentity | undefined {
  const arn = parseArn(text)
  if (arn === undefined || arn.region !== '' || !isAccountId(arn.accountId)) return undefined
  const { partition, accountId } = arn
  const [kind, ...rest] = arn.resource.split('/')
  if (arn.service === 'sts' && kind === 'assumed-role') {
    const [name] = rest
    return name === undefined || rest.length !== 2 || !namePattern.test(name)
      ? undefined
      : { kind: 'role', name, path: '/', partition, accountId }
  }
  if (arn.service !== 'iam' || (kind !== 'user' && kind !== 'role')) return undefined
  const named = pathAndName(rest.join('/'))
  return named === undefined ? undefined : { kind, ...named, partition, accountId }
}

/**
 * Reads the value of an attach flag: an ARN of that kind, or a name, with or without a path.
 * Throws AWS_IDENTITY_MALFORMED.
 */
export function parseIdentity(kind: IamIdentity['kind'], text: string): IamIdentity {
  const identity = text.startsWith('arn:') ? parseIdentityArn(text) : shortIdentity(kind, text)
  if (identity !== undefined && identity.kind === kind && !text.includes(':assumed-role/')) return identity
  throw new PortunusError(
    'AWS_IDENTITY_MALFORMED',
    `Cannot use "${text}" as an IAM ${kind}: it is neither a name nor the ARN of a ${kind}`,
    {
      category: 'bad-input',
      hint: `write it like ${kind === 'user' ? 'TeleportUser' : 'TeleportRole'} or arn:aws:iam::123456789012:${kind}/${kind === 'user' ? 'TeleportUser' : 'TeleportRole'}`,
    },
  )
}

function shortIdentity(kind: IamIdentity['kind'], text: string): IamIdentity | undefined {
  const named = pathAndName(text.replace(/^\//, ''))
  return named === undefined ? undefined : { kind, ...named, partition: undefined, accountId: undefined }
}

function pathAndName(text: string): { readonly path: string; readonly name: string } | undefined {
  const slash = text.lastIndexOf('/')
  const path = `/${text.slice(0, slash + 1)}`
  const name = text.slice(slash + 1)
  return namePattern.test(name) && pathPattern.test(path) && !path.includes('//') ? { path, name } : undefined
}

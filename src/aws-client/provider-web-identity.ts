/** Credentials for a token that somebody else issued, as Kubernetes does for service accounts (IRSA). */
import { messageOf, Secret, type Files } from '#foundation'
import { broken, found, nothing, type CallContext, type CredentialProvider, type ProviderOutcome } from './credentials.ts'
import { describeFailure } from './describe-failure.ts'
import type { AwsSdk } from './sdk.ts'
import { valueOf, type AwsSettings } from './settings.ts'

export interface WebIdentityOptions {
  readonly settings: AwsSettings
  readonly files: Pick<Files, 'readTextIfPresent'>
  readonly sdk: AwsSdk
}

interface WebIdentity {
  readonly tokenFile: string
  readonly roleArn: string
  readonly sessionName: string | undefined
}

export function webIdentityProvider(options: WebIdentityOptions): CredentialProvider {
  const { environment } = options.settings
  return {
    name: 'web identity',
    async find(context) {
      const tokenFile = valueOf(environment, 'AWS_WEB_IDENTITY_TOKEN_FILE')
      const roleArn = valueOf(environment, 'AWS_ROLE_ARN')
      if (tokenFile === undefined) return nothing('AWS_WEB_IDENTITY_TOKEN_FILE is not set')
      if (roleArn === undefined) return broken('AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not')
      return assumeWithToken({ tokenFile, roleArn, sessionName: valueOf(environment, 'AWS_ROLE_SESSION_NAME') }, { ...options, context })
    },
  }
}

/** Reads the token afresh, since it is rotated, and exchanges it. */
export async function assumeWithToken(
  identity: WebIdentity,
  options: Omit<WebIdentityOptions, 'settings'> & { readonly context: CallContext },
): Promise<ProviderOutcome> {
  let token: string | undefined
  try {
    token = (await options.files.readTextIfPresent(identity.tokenFile))?.trim()
  } catch (error) {
    return broken(`the token file ${identity.tokenFile} cannot be read: ${messageOf(error)}`)
  }
  if (token === undefined) return broken(`the token file ${identity.tokenFile} does not exist`)
  if (token === '') return broken(`the token file ${identity.tokenFile} is empty`)
  const request = { roleArn: identity.roleArn, sessionName: identity.sessionName ?? 'portunus', token: new Secret(token) }
  try {
    return found(await options.sdk.assumeRoleWithWebIdentity(request, options.context))
  } catch (error) {
    return broken(`AssumeRoleWithWebIdentity for ${identity.roleArn} failed: ${describeFailure(error).text}`)
  }
}

/** Credentials from environment variables, and the half-set ones that other tools pass over in silence. */
import { Secret, type Environment } from '#foundation'
import { broken, found, nothing, type CredentialProvider, type ProviderOutcome } from './credentials.ts'
import { valueOf } from './settings.ts'

const idName = 'AWS_ACCESS_KEY_ID'
const secretName = 'AWS_SECRET_ACCESS_KEY'
const tokenName = 'AWS_SESSION_TOKEN'

export function environmentProvider(environment: Environment): CredentialProvider {
  return { name: 'environment', find: () => Promise.resolve(credentialsFromEnvironment(environment)) }
}

function credentialsFromEnvironment(environment: Environment): ProviderOutcome {
  const accessKeyId = valueOf(environment, idName)
  const secretAccessKey = valueOf(environment, secretName)
  const sessionToken = valueOf(environment, tokenName)
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return found({
      accessKeyId,
      secretAccessKey: new Secret(secretAccessKey),
      sessionToken: sessionToken === undefined ? undefined : new Secret(sessionToken),
      expires: undefined,
    })
  }
  if (accessKeyId !== undefined) return broken(`${idName} is set but ${secretName} is not`)
  if (secretAccessKey !== undefined) return broken(`${secretName} is set but ${idName} is not`)
  if (sessionToken !== undefined) return broken(`${tokenName} is set but ${idName} and ${secretName} are not`)
  return nothing(`${idName} and ${secretName} are not set`)
}

/** Logging in: keys made here, certified by the cluster for a password and a one-time code, kept in the profile directory. */
import { PortunusError, messageOf, type Secret } from '#foundation'
import { generateKeyPair, matchesPin } from '#certificates'
import type { Profile } from './profile-document.ts'
import { setCurrentProfile, writeProfile, type ProfileDirectory } from './profile-directory.ts'
import { heldIdentity, removeAssumedCertificate, writeHostAuthorities, writeLoginKeys, type HeldIdentity } from './stored-keys.ts'
import type { Login } from './stored-login.ts'
import type { WebApi, WebLoginAnswer } from './web-api.ts'

export interface Credentials {
  readonly user: string
  readonly password: Secret<string>
  readonly oneTimePassword: Secret<string> | undefined
  readonly ttlSeconds: number | undefined
}

/** Logs in over the web API and makes the profile current. Throws the proxy's refusal, or LOGIN_ANSWER_REFUSED. */
export async function logIn(directory: ProfileDirectory, web: WebApi, credentials: Credentials): Promise<Login> {
  const { privateKeyPem, publicKeyPem } = await generateKeyPair()
  const answer = await web.login({ ...credentials, publicKeyPem })
  const held = checkedAnswer(answer, privateKeyPem)
  const profile: Profile = {
    proxyHost: web.address.host,
    address: web.address,
    user: answer.user,
    cluster: answer.clusterName,
    webTrust: web.vouchedBy,
  }
  await removeAssumedCertificate(directory, profile)
  await writeLoginKeys(directory, profile, held.keyPair)
  await writeHostAuthorities(directory, profile, answer.hostAuthoritiesPem)
  await writeProfile(directory, profile)
  await setCurrentProfile(directory, profile.proxyHost)
  return { profile, held, base: held, hostAuthoritiesPem: answer.hostAuthoritiesPem }
}

/** Whether the cluster that answered the ping is the one the login came from: one set up anew at the same address is not. */
export function isSameCluster(login: Login, web: WebApi): boolean {
  if (login.profile.cluster !== web.clusterName) return false
  if (web.caPins.length === 0) return true
  return login.hostAuthoritiesPem.some((pem) => web.caPins.some((pin) => matchesPin(pem, pin)))
}

function checkedAnswer(answer: WebLoginAnswer, privateKeyPem: string): HeldIdentity {
  const held = readAnswer(answer, privateKeyPem)
  const { identity } = held
  if (identity.usage !== 'login') throw refused('its certificate is not one for logging in')
  if (identity.user !== answer.user || identity.cluster !== answer.clusterName) throw refused('its certificate is for somebody else')
  return held
}

function readAnswer(answer: WebLoginAnswer, privateKeyPem: string): HeldIdentity {
  try {
    return heldIdentity({ certificatePem: answer.certificatePem, privateKeyPem })
  } catch (error) {
    throw refused(messageOf(error), error)
  }
}

function refused(state: string, cause?: unknown): PortunusError {
  return new PortunusError('LOGIN_ANSWER_REFUSED', `Cannot use the answer to the login: ${state}`, {
    category: 'unavailable',
    cause,
    hint: 'check that tsh and the proxy have the same version',
  })
}

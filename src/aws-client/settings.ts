/** What the environment says to AWS clients: region, profile, files, endpoints. It reads the environment it is given and no other. */
import { PortunusError, type Environment } from '#foundation'

export type AwsServiceName = 'sts' | 'redshift' | 'iam'

export interface AwsSettings {
  readonly environment: Environment
  /** AWS_REGION, else AWS_DEFAULT_REGION, the name in the guide. */
  readonly region: string | undefined
  readonly profile: string
  /** Whether somebody chose the profile, rather than it being the default. */
  readonly isProfileChosen: boolean
  readonly credentialsFile: string
  readonly configFile: string
}

/** Reads the settings; an empty variable counts as unset, as in the AWS command line. */
export function readSettings(environment: Environment, homeDirectory: string): AwsSettings {
  const profile = valueOf(environment, 'AWS_PROFILE') ?? valueOf(environment, 'AWS_DEFAULT_PROFILE')
  const directory = `${homeDirectory.replace(/\/$/, '')}/.aws`
  return {
    environment,
    region: valueOf(environment, 'AWS_REGION') ?? valueOf(environment, 'AWS_DEFAULT_REGION'),
    profile: profile ?? 'default',
    isProfileChosen: profile !== undefined,
    credentialsFile: valueOf(environment, 'AWS_SHARED_CREDENTIALS_FILE') ?? `${directory}/credentials`,
    configFile: valueOf(environment, 'AWS_CONFIG_FILE') ?? `${directory}/config`,
  }
}

/** The variable, or undefined where it is unset, empty or blank. */
export function valueOf(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim()
  return value === undefined || value === '' ? undefined : value
}

export function isOn(environment: Environment, name: string): boolean {
  return valueOf(environment, name)?.toLowerCase() === 'true'
}

/**
 * The endpoint somebody set for a service: AWS_ENDPOINT_URL_<SERVICE>, else AWS_ENDPOINT_URL (AWS SDKs and Tools Reference Guide,
 * "Service-specific endpoints"). Throws AWS_ENDPOINT_URL_MALFORMED for a text that is no http or https URL.
 */
export function endpointOf(environment: Environment, service: AwsServiceName): string | undefined {
  if (isOn(environment, 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS')) return undefined
  const names = [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, 'AWS_ENDPOINT_URL']
  const name = names.find((candidate) => valueOf(environment, candidate) !== undefined)
  return name === undefined ? undefined : checkedUrl(name, valueOf(environment, name) ?? '')
}

/** Throws AWS_ENDPOINT_URL_MALFORMED when the value of a variable is no http or https URL; gives it back otherwise. */
export function checkedUrl(name: string, value: string): string {
  const url = URL.parse(value)
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return value
  throw new PortunusError(
    'AWS_ENDPOINT_URL_MALFORMED',
    `Cannot use ${name}="${value}" as the address of AWS: it is not an http or https URL`,
    {
      category: 'bad-input',
      hint: `set ${name} to a URL such as http://127.0.0.1:4566, or unset it`,
    },
  )
}

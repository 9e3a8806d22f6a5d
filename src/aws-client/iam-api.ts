/** Calls to IAM in its query protocol, signed by the SDK: parameters in, elements out, patience where AWS asks for it. */
import { PortunusError, type Clock } from '#foundation'
import type { AwsCredentials, CallContext } from './credentials.ts'
import { describeFailure } from './describe-failure.ts'
import type { AwsSdk } from './sdk.ts'
import { endpointOf, type AwsSettings } from './settings.ts'
import { elementAt, membersAt, parseXml, textAt, type XmlElement } from './xml.ts'

const version = '2010-05-08'
const attemptsMax = 5
const firstPauseMilliseconds = 250
const pagesMax = 100

/** IAM has one endpoint and one region to sign for in each partition (AWS General Reference, "IAM endpoints and quotas"). */
const endpoints: Readonly<Record<string, { readonly url: string; readonly region: string }>> = {
  aws: { url: 'https://iam.amazonaws.com', region: 'us-east-1' },
  'aws-cn': { url: 'https://iam.cn-north-1.amazonaws.com.cn', region: 'cn-north-1' },
  'aws-us-gov': { url: 'https://iam.us-gov.amazonaws.com', region: 'us-gov-west-1' },
  'aws-iso': { url: 'https://iam.us-iso-east-1.c2s.ic.gov', region: 'us-iso-east-1' },
  'aws-iso-b': { url: 'https://iam.us-isob-east-1.sc2s.sgov.gov', region: 'us-isob-east-1' },
}

export interface IamApiOptions {
  readonly sdk: AwsSdk
  readonly settings: AwsSettings
  readonly clock: Clock
  readonly credentials: AwsCredentials
  readonly partition: string
}

/** What IAM refused with, in the form in which the SDK's own errors are read. */
class IamRefusal extends Error {
  readonly $metadata: { readonly httpStatusCode: number }

  constructor(code: string, message: string, status: number) {
    super(message)
    this.name = code
    this.$metadata = { httpStatusCode: status }
  }
}

export class IamApi {
  readonly #options: IamApiOptions

  constructor(options: IamApiOptions) {
    this.#options = options
  }

  /** The result element of the action. Throws what `describeFailure` reads, and AWS_PARTITION_UNSUPPORTED. */
  async call(action: string, parameters: Readonly<Record<string, string>>, context: CallContext): Promise<XmlElement | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#callOnce(action, parameters, context)
      } catch (error) {
        if (attempt === attemptsMax || !isPassing(error)) throw error
        await this.#options.clock.sleep(firstPauseMilliseconds * 2 ** (attempt - 1), { signal: context.signal })
      }
    }
  }

  /** All members of a list, page after page. */
  async list(
    action: string,
    request: { readonly list: string; readonly parameters: Readonly<Record<string, string>> },
    context: CallContext,
  ): Promise<readonly XmlElement[]> {
    const members: XmlElement[] = []
    let marker: string | undefined
    for (let count = 0; count < pagesMax; count++) {
      const result = await this.call(action, { ...request.parameters, ...(marker === undefined ? {} : { Marker: marker }) }, context)
      members.push(...membersAt(result, request.list))
      marker = textAt(result, 'IsTruncated') === 'true' ? textAt(result, 'Marker') : undefined
      if (marker === undefined) break
    }
    return members
  }

  async #callOnce(action: string, parameters: Readonly<Record<string, string>>, context: CallContext): Promise<XmlElement | undefined> {
    const { sdk, settings, credentials, partition } = this.#options
    const place = endpoints[partition]
    if (place === undefined) {
      throw new PortunusError(
        'AWS_PARTITION_UNSUPPORTED',
        `Cannot call IAM in the AWS partition "${partition}": its address is not known`,
        {
          category: 'unsupported',
          hint: 'print the policies with --manual and create them in the AWS console',
        },
      )
    }
    const url = endpointOf(settings.environment, 'iam') ?? place.url
    const body = new URLSearchParams({ Action: action, Version: version, ...parameters }).toString()
    const answer = await sdk.signedPost(credentials, { url, service: 'iam', region: place.region, body }, context)
    const root = parseXml(answer.body)
    if (answer.status === 200 && root?.name === `${action}Response`) return elementAt(root, `${action}Result`)
    if (answer.status === 200) throw new Error(`the answer to ${action} is no document of IAM`)
    const code = textAt(root, 'Error', 'Code') ?? `Http${answer.status}`
    throw new IamRefusal(code, textAt(root, 'Error', 'Message') ?? 'an answer without a message', answer.status)
  }
}

function isPassing(error: unknown): boolean {
  // Two who change one policy at once (IAM API reference, ConcurrentModification).
  if (error instanceof IamRefusal && error.name === 'ConcurrentModification') return true
  const failure = describeFailure(error)
  return failure.kind === 'throttled' || (failure.kind === 'failed' && (failure.status ?? 0) >= 500)
}

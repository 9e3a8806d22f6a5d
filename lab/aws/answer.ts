/** One request to the AWS stand-in, from its bytes to its answer: authenticate, find the operation, perform, record. */
import { randomUUID } from 'node:crypto'
import type { Activity } from '../activity.ts'
import type { LabClock } from '../clock.ts'
import type { DatabasePasswords } from '../database-passwords.ts'
import { authenticate } from './authenticate.ts'
import { AwsError, notInTheLab } from './aws-error.ts'
import { iam } from './iam/service.ts'
import type { AwsOperation, AwsService } from './operation.ts'
import type { Principal } from './principal.ts'
import { parseQueryParameters, renderError, renderResult } from './query-protocol.ts'
import type { QueryParameters } from './query-protocol.ts'
import { redshift } from './redshift/service.ts'
import type { Sessions } from './sessions.ts'
import { parseAuthorization } from './signature.ts'
import type { SignedRequest } from './signature.ts'
import { sts } from './sts/service.ts'
import type { AwsWorld } from './world.ts'

/** Everything the stand-in knows; `world` is read afresh for every request. */
export interface AwsStandIn {
  readonly world: () => AwsWorld
  /** Absent where nothing may change the world. */
  readonly changeWorld?: (change: (world: AwsWorld) => AwsWorld) => void
  readonly clock: LabClock
  readonly sessions: Sessions
  readonly databasePasswords: DatabasePasswords
  readonly activity: Activity
}

export interface AwsAnswer {
  readonly status: number
  readonly body: string
  readonly requestId: string
}

const services: readonly AwsService[] = [sts, redshift, iam]
const unknownNamespace = 'http://webservices.amazon.com/AWSFault/2005-15-09'

/** Never throws: whatever arrives, the answer is an AWS document. */
export function answerAwsRequest(
  standIn: AwsStandIn,
  request: SignedRequest,
  options: { readonly refusal?: AwsError | undefined } = {},
): AwsAnswer {
  const requestId = randomUUID()
  const progress: Progress = {}
  try {
    if (options.refusal !== undefined) throw options.refusal
    const body = perform(standIn, request, { progress, requestId })
    record(standIn, progress, undefined)
    return { status: 200, body, requestId }
  } catch (thrown) {
    const error = thrown instanceof AwsError ? thrown : new AwsError('InternalFailure', 500, 'The stand-in failed in an unexpected way.')
    record(standIn, progress, error)
    return {
      status: error.status,
      body: renderError(error, { namespace: progress.service?.namespace ?? unknownNamespace, requestId }),
      requestId,
    }
  }
}

/** What is known of a request so far, for the record of a failure half-way. */
interface Progress {
  service?: AwsService
  action?: string
  principal?: Principal
  parameters?: QueryParameters
}

function perform(standIn: AwsStandIn, request: SignedRequest, { progress, requestId }: { progress: Progress; requestId: string }): string {
  const { sessions, databasePasswords, clock } = standIn
  const now = clock.now()
  const world = standIn.world()
  const authorization = parseAuthorization(request)
  const service = findService(authorization.service)
  progress.service = service
  const parameters = parseQueryParameters(new TextDecoder().decode(request.body))
  progress.parameters = parameters
  progress.action = parameters.optional('Action') ?? ''
  progress.principal = authenticate(request, authorization, { world, sessions, now })
  if (request.method !== 'POST') throw new AwsError('UnsupportedOperation', 400, 'The stand-in takes POST requests only.')
  const operation = findOperation(service, parameters)
  const region = authorization.region
  const changeWorld =
    standIn.changeWorld ??
    (() => {
      throw notInTheLab('changes to this world')
    })
  const result = operation.answer({
    world,
    principal: progress.principal,
    region,
    parameters,
    now,
    sessions,
    databasePasswords,
    changeWorld,
  })
  return renderResult(result, { action: operation.action, namespace: service.namespace, requestId })
}

function findService(name: string): AwsService {
  const service = services.find((candidate) => candidate.name === name)
  if (service === undefined) {
    const known = services.map((candidate) => candidate.name).join(', ')
    throw new AwsError('NotImplemented', 501, `The lab's AWS stand-in has no service "${name}", only ${known}.`)
  }
  return service
}

function findOperation(service: AwsService, parameters: QueryParameters): AwsOperation {
  const action = parameters.optional('Action')
  const version = parameters.optional('Version')
  const operation = service.operations.find((candidate) => candidate.action === action)
  if (action === undefined) throw new AwsError('MissingAction', 400, 'The request is missing an action or a required parameter.')
  if (operation === undefined || version !== service.version) {
    throw new AwsError('InvalidAction', 400, `Could not find operation ${action} for version ${version ?? 'NO_VERSION_SPECIFIED'}`)
  }
  return operation
}

function record(standIn: AwsStandIn, progress: Progress, error: AwsError | undefined): void {
  standIn.activity.add({
    kind: 'aws-call',
    time: standIn.clock.now().toISOString(),
    service: progress.service?.name ?? '',
    action: progress.action ?? '',
    caller: progress.principal?.arn,
    parameters: progress.parameters?.toObject() ?? {},
    errorCode: error?.code,
    errorMessage: error?.message,
  })
}

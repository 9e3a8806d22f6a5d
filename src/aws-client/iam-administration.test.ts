/** IAM when AWS is slow, busy or talks nonsense; what it does when all is well is tested against the lab. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeClock } from '#world'
import { startAwsServer, type TroubleMaker } from './aws-server.fixture.ts'
import { openIamAdministration } from './iam-administration.ts'
import { memoryFiles, rememberingLog } from './world.fixture.ts'

/** Nobody waits for the pauses between attempts. */
const clock = { ...nodeClock, sleep: () => Promise.resolve() }
const role = { kind: 'role', name: 'r', path: '/', partition: undefined, accountId: undefined } as const

async function findWith(trouble: TroubleMaker, environment: Readonly<Record<string, string>> = {}) {
  await using aws = await startAwsServer(clock)
  aws.trouble = trouble
  using administration = await openIamAdministration({
    environment: { AWS_ENDPOINT_URL: aws.url, AWS_ACCESS_KEY_ID: 'AKIAX', AWS_SECRET_ACCESS_KEY: 's', ...environment },
    files: memoryFiles({}),
    clock,
    log: rememberingLog([]),
    homeDirectory: '/nowhere',
  })
  const found = await administration.find(role)
  return { found, calls: aws.calls }
}

test('a call that is throttled is made again, and every call is signed for the one region of IAM', async () => {
  let count = 0
  const { found, calls } = await findWith(
    ({ action }) => (action === 'GetRole' && ++count < 3 ? { status: 400, code: 'Throttling', message: 'Rate exceeded' } : undefined),
    { AWS_REGION: 'eu-west-1' },
  )
  assert.equal(found.accountId, '123456789012')
  assert.deepEqual(
    calls.map(({ action, region }) => [action, region]),
    [['GetCallerIdentity', 'eu-west-1'], ...Array.from({ length: 3 }, () => ['GetRole', 'us-east-1'])],
  )
})

const failures = [
  ['AWS stays busy', { status: 400, code: 'Throttling' }, 'AWS_THROTTLED'],
  ['IAM is broken', { status: 500, code: 'ServiceFailure' }, 'AWS_CALL_FAILED'],
  ['AccessDenied comes with status 400', { status: 400, code: 'AccessDenied' }, 'AWS_IAM_DENIED'],
  ['a limit comes with status 409', { status: 409, code: 'LimitExceeded' }, 'AWS_IAM_LIMIT'],
  ['the document is refused', { status: 400, code: 'MalformedPolicyDocument' }, 'AWS_IAM_DOCUMENT_REFUSED'],
  ['the answer is no document', { status: 400, code: '</Code><Code>' }, 'AWS_CALL_FAILED'],
] as const

for (const [what, trouble, code] of failures) {
  test(`${what}: ${code}`, () =>
    assert.rejects(
      findWith(({ action }) => (action === 'GetRole' ? trouble : undefined)),
      { code },
    ))
}

const policy = { name: 'p', document: { Version: '2012-10-17', Statement: [] }, characters: 1 } as const
const missing = { status: 404, code: 'NoSuchEntity' }

async function putAndAttach(trouble: TroubleMaker) {
  await using aws = await startAwsServer(clock)
  aws.trouble = trouble
  using administration = await openIamAdministration({
    environment: { AWS_ENDPOINT_URL: aws.url, AWS_ACCESS_KEY_ID: 'AKIAX', AWS_SECRET_ACCESS_KEY: 's' },
    files: memoryFiles({}),
    clock,
    log: rememberingLog([]),
    homeDirectory: '/nowhere',
  })
  const outcome = await administration.putPolicy(policy, role)
  return { outcome, attached: await administration.attachPolicy(policy, role), calls: aws.calls.map(({ action }) => action) }
}

test('a policy that was just made is attached as soon as IAM knows it everywhere', async () => {
  let count = 0
  const { outcome, attached, calls } = await putAndAttach(({ action }) =>
    action === 'GetPolicy' || (action === 'AttachRolePolicy' && ++count < 3) ? missing : undefined,
  )
  assert.deepEqual([outcome.kind, attached], ['created', 'attached'])
  assert.equal(calls.filter((action) => action === 'AttachRolePolicy').length, 3)
})

test('two who change a policy at once both get through', async () => {
  let count = 0
  const busy = { status: 409, code: 'ConcurrentModification' }
  const { outcome } = await putAndAttach(({ action }) =>
    action === 'GetPolicy' ? missing : action === 'CreatePolicy' && ++count < 3 ? busy : undefined,
  )
  assert.equal(outcome.kind, 'created')
})

test('a policy of the same name under another path is told', () =>
  assert.rejects(
    putAndAttach(({ action }) =>
      action === 'GetPolicy' ? missing : action === 'CreatePolicy' ? { status: 409, code: 'EntityAlreadyExists' } : undefined,
    ),
    { code: 'AWS_IAM_NAME_TAKEN', hint: /--policy-name/ },
  ))

test('a limit of inline policies is told with its ways out', () =>
  assert.rejects(
    findWith(({ action }) =>
      action === 'GetRole'
        ? { status: 409, code: 'LimitExceeded', message: 'Maximum policy size of 10240 bytes exceeded for role r' }
        : undefined,
    ),
    { message: /LimitExceeded: Maximum policy size of 10240 bytes exceeded for role r/, hint: /assume_role_arn.*"Resource":"\*"/ },
  ))

test('no credentials: every source is named before IAM is asked', () =>
  assert.rejects(
    findWith(() => undefined, { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' }),
    {
      code: 'AWS_CREDENTIALS_MISSING',
      message: /NoCredentialProviders: no valid providers in chain/,
    },
  ))

test('keys that are refused are said to be', () =>
  assert.rejects(
    findWith(() => ({ status: 403, code: 'InvalidClientTokenId' })),
    { code: 'AWS_CREDENTIALS_REFUSED', message: /sts:GetCallerIdentity/ },
  ))

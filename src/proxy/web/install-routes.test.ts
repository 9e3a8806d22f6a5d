/** What a new host asks for: channels, the script, the package and its checksum. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { installScript, packageName } from './install-script.ts'
import { createWebApplication } from './web-application.ts'

const bytes = new TextEncoder().encode('a package')
const sha256 = createHash('sha256').update(bytes).digest('hex')

function never(): never {
  throw new Error('the authority is not asked')
}

const app = createWebApplication({
  authority: { ping: never, login: never, getInvite: never, redeemInvite: never, joinHost: never },
  assets: { read: () => undefined },
  publicAddress: 'teleport.example.com:3080',
  version: '1.2.3',
  packages: {
    platform: 'linux-x64',
    package: async () => ({ sha256, sizeBytes: bytes.length, open: () => new Blob([bytes]).stream() }),
  },
  clock: { monotonicMilliseconds: () => 0 },
  log: { error() {} },
})

const get = (path: string): Response | Promise<Response> => app.fetch(new Request(`https://proxy${path}`), { remoteAddress: '127.0.0.1:1' })

const answers: readonly [string, string, number, string | RegExp][] = [
  [
    'the default channel leads to the version of the proxy, with a v',
    '/v1/webapi/automaticupgrades/channel/default/version',
    200,
    'v1.2.3',
  ],
  ['channels may have slashes in their names', '/v1/webapi/automaticupgrades/channel/stable/cloud/version', 200, 'v1.2.3'],
  ['no upgrade is critical', '/v1/webapi/automaticupgrades/channel/default/critical', 200, 'no'],
  ['anything else about a channel is refused', '/v1/webapi/automaticupgrades/channel/default/nonsense', 400, /UPGRADE_CHANNEL_MALFORMED/],
  ['a channel without a name is refused', '/v1/webapi/automaticupgrades/channel//version', 400, /UPGRADE_CHANNEL_MALFORMED/],
  ['the package is served under its version and platform', '/static/portunus-v1.2.3-linux-x64.tar.gz', 200, 'a package'],
  [
    'its checksum is what sha256sum reads',
    '/static/portunus-v1.2.3-linux-x64.tar.gz.sha256',
    200,
    `${sha256}  portunus-v1.2.3-linux-x64.tar.gz\n`,
  ],
  ['another version is not there', '/static/portunus-v9.9.9-linux-x64.tar.gz', 404, /WEB_PATH_UNKNOWN/],
  ['nothing climbs out of the folder', '/static/..%2f..%2fetc%2fpasswd', 404, /WEB_PATH_UNKNOWN/],
]
for (const [sentence, path, status, body] of answers) {
  test(sentence, async () => {
    const answer = await get(path)
    assert.equal(answer.status, status)
    const text = await answer.text()
    if (typeof body === 'string') assert.equal(text, body)
    else assert.match(text, body)
  })
}

test('the name of a package says its version and platform', () => {
  assert.equal(packageName('1.2.3', 'linux-arm64'), 'portunus-v1.2.3-linux-arm64.tar.gz')
})

test('the script asks the proxy it came from, and is shell that parses', async () => {
  const script = await (await get('/static/install.sh')).text()
  assert.match(script, /address='teleport\.example\.com:3080'/)
  assert.equal(spawnSync('bash', ['-n'], { input: script }).status, 0)
})

const refusals: readonly [string, readonly string[], RegExp][] = [
  ['without a version it says how to run it', [], /no version was given[\s\S]*bash -s 1\.2\.3 oss/],
  ['a v in front of the version is refused', ['v1.2.3'], /with no v in front/],
  ['a version the proxy does not run is refused', ['16.0.0'], /this proxy serves "1\.2\.3"/],
  ['the word edition, as the guide prints it, is refused', ['1.2.3', 'edition'], /edition "edition": expected oss/],
  ['editions that are not there are refused in words', ['1.2.3', 'cloud'], /there is one edition, oss/],
]
for (const [sentence, args, message] of refusals) {
  test(sentence, () => {
    const script = installScript({ publicAddress: 'localhost:1', version: '1.2.3' })
    const ran = spawnSync('bash', ['-s', ...args], { input: script, encoding: 'utf8' })
    assert.equal(ran.status, 1)
    assert.match(ran.stderr, message)
    assert.match(ran.stderr, /^HINT: /m)
  })
}

test('a script cut short anywhere installs nothing', () => {
  const script = installScript({ publicAddress: 'localhost:1', version: '1.2.3' })
  for (const part of [0.3, 0.6, 0.9]) {
    const ran = spawnSync('bash', ['-s', '1.2.3'], { input: script.slice(0, Math.floor(script.length * part)), encoding: 'utf8' })
    assert.doesNotMatch(ran.stdout, /Downloading|Installed/)
  }
})

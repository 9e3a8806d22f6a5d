/** The guide's installation commands against a real proxy: ask for the version, run the script, start what it installed. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { runCommand } from '../../lab/stage/program.ts'
import { openStage } from '../../lab/stage/stage.ts'

const isMissing = ['curl', 'tar', 'sha256sum'].filter((program) => spawnSync('which', [program]).status !== 0)

test(
  'the script installs the very package the proxy runs',
  { skip: isMissing.length === 0 ? false : `not on PATH: ${isMissing.join(', ')}` },
  async () => {
    await using stage = await openStage()
    await using _cluster = await stage.startCluster()
    const prefix = join(stage.directory, 'prefix')
    const environment = {
      ...stage.environment('installer'),
      SSL_CERT_FILE: join(stage.directory, 'cluster', 'admin', 'ca.pem'),
      CURL_CA_BUNDLE: join(stage.directory, 'cluster', 'admin', 'ca.pem'),
      TELEPORT_DOMAIN: stage.proxyAddress,
      PORTUNUS_PREFIX: prefix,
    }
    const shell = (script: string) => runCommand('bash', ['-c', `set -o pipefail; ${script}`], { environment })
    const version = await shell(`curl -s https://$TELEPORT_DOMAIN/v1/webapi/automaticupgrades/channel/default/version | sed 's/v//'`)
    assert.match(version.stdout, /^\d+\.\d+\.\d+$/)
    const installed = await shell(`curl -s https://$TELEPORT_DOMAIN/static/install.sh | bash -s ${version.stdout} oss`)
    assert.equal(installed.exitCode, 0, installed.stderr)
    assert.match(installed.stdout, /Installed in .*: teleport tctl tsh/)
    const again = await shell(`curl -s https://$TELEPORT_DOMAIN/static/install.sh | bash -s ${version.stdout}`)
    assert.equal(again.exitCode, 0, again.stderr)
    const run = await runCommand(join(prefix, 'bin', 'tsh'), ['version'], { environment })
    assert.equal(run.stdout, `Portunus v${version.stdout} tsh\n`)
  },
)

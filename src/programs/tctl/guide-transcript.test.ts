/** docs/guide/users-and-roles.md, typed as it stands: each command, and the answer under it. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openTctlCluster } from './testing/tctl-cluster.ts'

const cluster = await openTctlCluster()
after(() => cluster[Symbol.asyncDispose]())
const proxy = await cluster.host('Proxy')
await proxy.upsertProxy({ publicAddress: 'teleport.example.com:3080' })

const text = await readFile(join(import.meta.dirname, '../../../docs/guide/users-and-roles.md'), 'utf8')

interface Block {
  readonly language: string
  readonly name: string | undefined
  readonly body: string
}

const blocks = [...text.matchAll(/^```(\w+)(?: (\S+))?\n([^]*?)^```$/gm)].map(([, language = '', name, body = '']): Block => {
  return { language, name, body }
})

/** What is expected, with `…` for anything. */
function patternOf(expected: string): RegExp {
  const parts = expected.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/ +/g, ' +'))
  return new RegExp(`^${parts.join('[^]*?')}$`)
}

for (const { language, name, body } of blocks) {
  if (language === 'yaml' && name !== undefined) {
    test(`the file ${name} is written`, () => writeFile(join(cluster.directory, name), body))
  }
  if (language !== 'console') continue
  for (const turn of body.split(/^\$ /m).slice(1)) {
    const [command = '', ...expected] = turn.trimEnd().split('\n')
    test(`$ ${command}`, async () => {
      const [program, ...args] = command.split(' ')
      assert.equal(program, 'tctl')
      const { answer, told } = await cluster.tctl(...args)
      assert.match([answer, told].filter((part) => part !== '').join('\n'), patternOf(expected.join('\n')))
    })
  }
}

test('the guide has commands at all', () => assert(blocks.filter(({ language }) => language === 'console').length > 8))

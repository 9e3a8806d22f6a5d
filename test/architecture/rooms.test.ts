/** Fails when the code and the map of the house differ, and proves with planted violations that it can. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { expectNone } from './expect-none.ts'
import { readHouse, tableViolations, violationsOf } from './rooms-violations.ts'

const root = join(import.meta.dirname, '..', '..')
const house = readHouse(root)

test('no file leaves its room', () => expectNone(violationsOf(house)))

test('the table of rooms fits the folders, the doors and the arrows that are there', () => {
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  assert(typeof manifest === 'object' && manifest !== null && 'imports' in manifest)
  assert(typeof manifest.imports === 'object' && manifest.imports !== null)
  expectNone(tableViolations(house, Object.keys(manifest.imports)))
})

const opening = '/** Knows one thing. */\n'
const planted = [
  ['an arrow that is not in the table', 'src/access/a.ts', `${opening}import { x } from '#proxy'\n`, 'may not import "#proxy"'],
  ['a type is an arrow too', 'src/access/a.ts', `${opening}import type { X } from '#proxy'\n`, 'may not import "#proxy"'],
  ['an arrow by export', 'src/access/a.ts', `${opening}export { x } from '#proxy'\n`, 'may not import "#proxy"'],
  ['a way past a door', 'src/access/a.ts', `${opening}import { x } from '../resources/user.ts'\n`, 'past its door'],
  ['a way past a door, at run time', 'src/access/a.ts', `${opening}await import('../resources/user.ts')\n`, 'past its door'],
  ['an import of the lab', 'src/world/a.ts', `${opening}import { x } from '../../lab/clock.ts'\n`, 'may not import "lab/clock.ts"'],
  ['an import of a test', 'src/access/a.ts', `${opening}import { x } from './b.test.ts'\n`, 'which is'],
  ['an npm package', 'src/access/a.ts', `${opening}import { z } from 'zod'\n`, 'may not touch "zod"'],
  [
    'a type of an npm package',
    'src/proxy/a.ts',
    `${opening}import type { Redshift } from '@aws-sdk/client-redshift'\n`,
    'may not touch "@aws-sdk/',
  ],
  ['a Node module', 'src/proxy/a.ts', `${opening}import net from 'node:net'\n`, 'may not touch "node:net"'],
  ['a Node module by require', 'src/proxy/a.ts', `${opening}const net = require('node:net')\n`, 'may not touch "node:net"'],
  [
    'a name that only part of a module is allowed for',
    'src/aws-model/a.ts',
    `${opening}import { createHash, sign } from 'node:crypto'\n`,
    'may not touch "sign"',
  ],
  ['a heavy package at start', 'src/certificates/a.ts', `${opening}import { x } from '@peculiar/x509'\n`, 'lazily'],
  ['the web UI reaching into src', 'web/src/a.ts', `${opening}import { x } from '../../src/access/decide.ts'\n`, 'past its door'],
  ['the lab sharing our AWS code', 'lab/a.ts', `${opening}import { x } from '#aws-model'\n`, 'may not import "#aws-model"'],
  ['process', 'src/access/a.ts', `${opening}export const home = process.env['HOME']\n`, 'uses "process.env" in line 2'],
  ['the clock', 'src/proxy/a.ts', `${opening}export const now = () => Date.now()\n`, 'uses "Date.now"'],
  ['the clock by constructor', 'src/proxy/a.ts', `${opening}export const now = () => new Date()\n`, 'uses "Date() of this moment"'],
  ['chance', 'src/proxy/a.ts', `${opening}export const x = Math.random()\n`, 'uses "Math.random"'],
  [
    'secret chance',
    'src/authority/a.ts',
    `${opening}import { randomBytes } from 'node:crypto'\nexport const x = randomBytes(4)\n`,
    'uses "randomBytes"',
  ],
  ['secret chance by the global', 'src/authority/a.ts', `${opening}export const x = crypto.randomUUID()\n`, 'uses "randomUUID"'],
  ['a timer', 'src/proxy/a.ts', `${opening}setTimeout(() => {}, 5)\n`, 'uses "setTimeout"'],
  ['fetch', 'src/proxy/a.ts', `${opening}export const x = fetch('https://example.com')\n`, 'uses "fetch"'],
  ['a global by its back door', 'src/proxy/a.ts', `${opening}export const x = globalThis.process\n`, 'uses "globalThis.process"'],
  ['a TLS endpoint', 'src/tunnel/a.ts', `${opening}export const make = (tls: any) => new tls.TLSSocket()\n`, 'uses "TLSSocket"'],
  [
    'a server',
    'src/authority/a.ts',
    `${opening}import { createServer } from 'node:crypto'\nexport const x = createServer()\n`,
    'uses "createServer"',
  ],
  ['a file without a sentence', 'src/access/a.ts', 'export const x = 1\n', 'does not open with a comment'],
  ['a door without a sign', 'src/access/door.ts', '// A door.\nexport const x = 1\n', 'a door opens with a doc comment'],
  ['a long file', 'src/access/a.ts', `${opening}${'\n'.repeat(400)}`, 'has 401 lines'],
  ['a name that says nothing', 'src/access/string-utils.ts', opening, 'says nothing'],
  ['a folder that is no room', 'src/cellar/a.ts', opening, 'there is no room "cellar"'],
] as const

for (const [sentence, path, text, expected] of planted) {
  test(`planted: ${sentence} is found`, () => {
    const found = violationsOf(houseOf(path, text))
    assert.equal(found.length, 1, found.join('\n'))
    assert(found[0]?.startsWith(`${path}: `) && found[0].includes(expected), found[0])
  })
}

const innocent = [
  [
    'a property of that name',
    'src/proxy/a.ts',
    `${opening}export const x = (app: App) => app.fetch(1)\ninterface App { fetch(x: number): void }\n`,
  ],
  ['a parameter of that name', 'src/proxy/a.ts', `${opening}export function run({ process }: { process: number }) { return process }\n`],
  ['a given moment', 'src/proxy/a.ts', `${opening}export const x = new Date(5)\n`],
  ['a word in a text', 'src/proxy/a.ts', `${opening}export const x = 'process.env' // setTimeout\n`],
  ['a type of Node', 'src/access/a.ts', `${opening}import type { Duplex } from 'node:stream'\nexport type X = Duplex\n`],
  ['a heavy package later', 'src/certificates/a.ts', `${opening}export const x = () => import('@peculiar/x509')\n`],
  ['any package in a test', 'src/access/a.test.ts', `${opening}import fc from 'fast-check'\nexport const x = fc\n`],
] as const

for (const [sentence, path, text] of innocent) {
  test(`planted: ${sentence} is no violation`, () => expectNone(violationsOf(houseOf(path, text))))
}

function houseOf(path: string, text: string): ReturnType<typeof readHouse> {
  const folder = mkdtempSync(join(tmpdir(), 'portunus-house-'))
  try {
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
    return readHouse(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

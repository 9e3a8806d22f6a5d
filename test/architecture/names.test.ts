/** The repository says nothing about the machine it was written on, and its links lead somewhere. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { expectNone } from './expect-none.ts'

const packageFolder = join(import.meta.dirname, '..', '..')
const skipped = new Set(['node_modules', '.git', 'dist', '.lab', 'package-lock.json'])
const textEndings = /\.(?:ts|tsx|mjs|js|json|md|css|html|svg|yaml|yml|txt|sh|sql)$|(?:^|\/)(?:bin\/\w+|\.ci\/run|LICENSE|\.\w+rc)$/

/** Folders of somebody's machine; written backwards, so that this file may be searched too. */
const [work, root, users] = ['krow', 'toor', 'sresU'].map((name) => Array.from(name).toReversed().join(''))
const machinePaths = new RegExp(String.raw`(?<![\w.])/(?:${work}|${root}|${users})/[\w.]`)

function textFiles(folder = ''): readonly string[] {
  return readdirSync(join(packageFolder, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (skipped.has(entry.name)) return []
    if (entry.isDirectory()) return textFiles(path)
    return entry.isFile() && textEndings.test(path) ? [path] : []
  })
}

const files = textFiles().map((path) => ({ path, text: readFileSync(join(packageFolder, path), 'utf8') }))

test('no file names a folder of the machine it was written on', () => {
  const found = files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (machinePaths.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  )
  expectNone(found)
})

test('planted: a path of a machine is found', () => {
  for (const path of [`/${root}/notes.txt`, `see /${work}/main`, `/${users}/bob`]) assert.match(path, machinePaths)
  for (const path of ['/v1/work/x', 'https://example.com/root/x', '/var/lib/teleport', 'src/work/']) assert.doesNotMatch(path, machinePaths)
})

test('every relative link in the documents leads to a file', () => {
  const broken = files
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap(({ path, text }) =>
      Array.from(text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g), ([, target = '']) => target)
        .filter((target) => !existsSync(join(packageFolder, dirname(path), target)))
        .map((target) => `${path}: ${target}`),
    )
  expectNone(broken)
})

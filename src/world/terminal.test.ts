/** Prompts of a program whose standard input is no terminal: one line is one answer. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'

interface Outcome {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number | null
}

/** Runs lines of code over a `terminal`; what is written to standard input may come in pieces. */
async function run(code: string, input: readonly string[], options: { readonly keepsInputOpen?: boolean } = {}): Promise<Outcome> {
  const program = `
    import { nodeTerminal } from ${JSON.stringify(new URL('terminal.ts', import.meta.url).href)}
    const terminal = nodeTerminal()
    try { ${code} } catch (error) { console.log(error.code); process.exitCode = 3 }`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], { stdio: 'pipe' })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  for (const piece of input) {
    child.stdin.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (options.keepsInputOpen !== true) child.stdin.end()
  const exitCode = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { stdout, stderr, exitCode }
}

const askTwice = `
  console.log(JSON.stringify([await terminal.prompt('Password', { hidden: true }), await terminal.prompt('Code')]))`

test('each answer is one line, whatever the pieces the lines come in', async () => {
  for (const input of [['secret\n123456\n'], ['sec', 'ret\n12', '3456\n'], ['secret\r\n123456\r\n'], ['secret\n123456']]) {
    const { stdout, stderr, exitCode } = await run(askTwice, input)
    assert.deepEqual([JSON.parse(stdout), exitCode], [['secret', '123456'], 0])
    assert.equal(stderr, 'Password: \nCode: \n')
  }
})

test('an answer may be empty, and spaces in it are kept', async () => {
  assert.deepEqual(JSON.parse((await run(askTwice, ['\n  two words \n'])).stdout), ['', '  two words '])
})

test('questions go to stderr and answers are never echoed', async () => {
  const { stdout, stderr } = await run(
    `await terminal.prompt('Password', { hidden: true }); terminal.answer('table'); terminal.tell('hint')`,
    ['hunter2\n'],
  )
  assert.equal(stdout, 'table\n')
  assert.equal(stderr, 'Password: \nhint\n')
})

test('input that ends before the answer is an error with a code, and not a wait', async () => {
  for (const input of [[], ['secret\n']]) {
    const { stdout, exitCode } = await run(askTwice, input)
    assert.deepEqual([stdout, exitCode], ['PROMPT_INPUT_ENDED\n', 3])
  }
})

test('a program that has asked may end although its input stays open', async () => {
  const { stdout, exitCode } = await run(`console.log(await terminal.prompt('Name')); process.exit()`, ['alice\n'], {
    keepsInputOpen: true,
  })
  assert.deepEqual([stdout, exitCode], ['alice\n', 0])
})

test('outside a terminal nothing is interactive and no width is known', async () => {
  const { stdout } = await run(`console.log(terminal.isInteractive, terminal.columns)`, [])
  assert.equal(stdout, 'false undefined\n')
})

test('a reader that has seen enough ends the program without a complaint', async () => {
  const program = `import { nodeTerminal } from ${JSON.stringify(new URL('terminal.ts', import.meta.url).href)}
const terminal = nodeTerminal()
setInterval(() => terminal.answer('line '.repeat(10_000)), 1)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', program], { stdio: 'pipe' })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
  child.stdout.once('data', () => child.stdout.destroy())
  const code = await new Promise((resolve) => child.once('close', resolve))
  assert.deepEqual([code, said], [0, ''])
})

/** Shows a command as a person would type it, what it printed, and whether it did what the guide says. */
import { styleText } from 'node:util'
import type { Outcome } from '../stage/program.ts'

export class DemoFailure extends Error {
  override readonly name = 'DemoFailure'
}

export function chapter(title: string): void {
  console.log(`\n${styleText('bold', title)}`)
}

export function remark(text: string): void {
  console.log(styleText('dim', text))
}

export function showCommand(person: string, words: readonly string[]): void {
  console.log(`${styleText('cyan', `${person}$`)} ${words.map(quoted).join(' ')}`)
}

export function showOutput(outcome: Outcome): void {
  for (const line of `${outcome.stdout}\n${outcome.stderr}`.split('\n')) {
    if (line.trim() !== '') console.log(`  ${line}`)
  }
  if (outcome.exitCode !== 0) console.log(styleText('dim', `  (exit code ${outcome.exitCode})`))
}

/** Throws DemoFailure unless the outcome is as the guide says. */
export function expectOutcome(
  outcome: Outcome,
  expected: { readonly exitCode?: number | 'failure'; readonly says?: readonly (string | RegExp)[] },
): void {
  const text = `${outcome.stdout}\n${outcome.stderr}`
  const wanted = expected.exitCode ?? 0
  if (wanted === 'failure' ? outcome.exitCode === 0 : outcome.exitCode !== wanted) {
    throw new DemoFailure(`the command ended with ${outcome.exitCode}, expected ${wanted}`)
  }
  for (const part of expected.says ?? []) {
    const said = typeof part === 'string' ? text.includes(part) : part.test(text)
    if (!said) throw new DemoFailure(`the command should have said ${String(part)}`)
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : word.includes('*') && !word.includes("'") ? word.replace(/=(.*)$/, '="$1"') : `'${word}'`
}

/** Where the tests are. */
import { glob } from 'node:fs/promises'
import { root } from './bundle-programs.ts'

export type TestKind = 'unit' | 'architecture' | 'end-to-end'

const patterns: Readonly<Record<TestKind, readonly string[]>> = {
  unit: ['src/**/*.test.ts', 'lab/**/*.test.ts', 'web/src/**/*.test.ts', 'scripts/**/*.test.ts'],
  architecture: ['test/architecture/**/*.test.ts'],
  'end-to-end': ['test/end-to-end/**/*.test.ts'],
}

/** The test files of a kind, sorted, relative to the package. */
export async function testFiles(kind: TestKind): Promise<readonly string[]> {
  const files = await Array.fromAsync(glob([...patterns[kind]], { cwd: root }))
  return files.toSorted()
}

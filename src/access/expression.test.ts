/** Regular expressions: what is refused, what is matched, that our machine agrees with the runtime's, and that it cannot run away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PortunusError } from '#foundation'
import * as fc from 'fast-check'
import { compileExpression, matchesExpression, replaceMatches } from './expression.ts'

const refusals: readonly (readonly [string, string, RegExp])[] = [
  ['a back-reference', String.raw`^(a)\1$`, /an escape that is not supported/],
  ['a look ahead', '^(?=a)a$', /a group of a kind that is not supported/],
  ['a look behind', '^(?<=a)a$', /a group of a kind that is not supported/],
  ['a Unicode class', String.raw`^\p{L}$`, /an escape that is not supported/],
  ['a group without its end', '^(a$', /a "\(" without its "\)"/],
  ['an end without its group', '^a)$', /a "\)" without its "\("/],
  ['a class without its end', '^[a$', /it ends too early/],
  ['a class that runs backwards', '^[z-a]$', /a range that ends before it begins/],
  ['a class nobody knows', '^[[:nope:]]$', /a class of characters that is not supported/],
  ['a repetition of nothing', '^*$', /a repetition of nothing/],
  ['a repetition at the beginning of a group', '^(+a)$', /a repetition of nothing/],
  ['a repetition of a repetition', '^a**$', /a repetition of a repetition/],
  ['a repetition beyond the limit', '^a{201}$', /more than 200 repetitions/],
  ['a repetition that runs backwards', '^a{3,2}$', /a repetition that ends before it begins/],
  ['repetitions that multiply', '^(((a{200}){200}){200})$', /too large/],
  ['a long pattern', `^${'a'.repeat(600)}$`, /longer than 512 characters/],
  ['deep groups', `^${'('.repeat(60)}${')'.repeat(60)}$`, /more than 50 groups/],
  ['a trailing backslash', 'a\\', /it ends too early/],
  ['a character beyond Unicode', String.raw`\x{110000}`, /beyond Unicode/],
]
for (const [sentence, source, expected] of refusals) {
  test(`refused: ${sentence}`, () => {
    assert.throws(
      () => compileExpression(source),
      (error) => error instanceof PortunusError && error.code === 'PATTERN_REFUSED' && expected.test(error.message),
    )
  })
}

const matches: readonly (readonly [string, string, string, boolean])[] = [
  ['an anchored word does not match inside another', '^prod$', 'production', false],
  ['an alternation binds looser than its anchors', '^a|b$', 'ax', true],
  ['an alternation in a group is anchored on both sides', '^(a|b)$', 'ax', false],
  ['a dot takes one character', '^a.c$', 'abc', true],
  ['a dot does not take a line feed', '^a.c$', 'a\nc', false],
  ['a dot takes a line feed where the flag says so', '^(?s)a.c$', 'a\nc', true],
  ['a dot takes one character beyond the basic plane', '^.$', '\u{1F600}', true],
  ['a class takes its range', '^[a-c]+$', 'abcab', true],
  ['a negated class takes the others', '^[^a-c]$', 'd', true],
  ['a bracket first in a class is itself', '^[]a]+$', ']a', true],
  ['a dash last in a class is itself', '^[a-]+$', 'a-a', true],
  ['a class knows POSIX names', '^[[:alpha:]_]+$', 'ab_', true],
  ['a class knows negated POSIX names', '^[[:^digit:]]$', '7', false],
  ['a class knows escapes', String.raw`^[\d.]+$`, '1.2', true],
  ['escapes stand for classes', String.raw`^\w+\s\D$`, 'ab_1 x', true],
  ['an escaped dot is a dot', String.raw`^a\.c$`, 'abc', false],
  ['a hexadecimal escape is its character', String.raw`^\x41\x{1F600}$`, 'A\u{1F600}', true],
  ['counted repetitions count', '^a{2,3}$', 'aaaa', false],
  ['counted repetitions take their least', '^a{2,}$', 'aa', true],
  ['a brace that counts nothing is a brace', '^a{b}$', 'a{b}', true],
  ['lazy repetitions still reach the end', '^a+?b$', 'aaab', true],
  ['the ignore-case flag holds for the rest', '^(?i)prod$', 'PrOd', true],
  ['the ignore-case flag ends with its group', '^(?i:p)rod$', 'PROD', false],
  ['the ignore-case flag can be taken back', '^(?i)p(?-i)rod$', 'PROD', false],
  ['word boundaries stand between words', String.raw`\bdb\b`, 'my db here', true],
  ['no word boundary stands inside a word', String.raw`\Bb\B`, 'b', false],
  ['an unanchored expression is found anywhere', 'b+', 'aabbaa', true],
  ['an empty expression is found in nothing', '', '', true],
  ['named groups are groups', '^(?P<team>x)(?<other>y)$', 'xy', true],
]
for (const [sentence, source, text, expected] of matches) {
  test(sentence, () => assert.equal(matchesExpression(compileExpression(source), text), expected))
}

const replacements: readonly (readonly [string, string, string, string, string | undefined])[] = [
  ['no match, no result', '^x$', 'y', 'z', undefined],
  ['groups are put in by number', '^(.*)@(.*)$', 'al@ex.com', '$2/$1', 'ex.com/al'],
  ['groups are put in by name', '^(?P<local>.*)@.*$', 'al@ex.com', '${local}!', 'al!'],
  ['braces end a number', '^(.*)@.*$', 'al@ex.com', '${1}x', 'alx'],
  ['a name nobody gave is nothing', '^(.*)@.*$', 'al@ex.com', 'a$1x', 'a'],
  ['a doubled dollar sign is one', '^a$', 'a', '$$1', '$1'],
  ['every match is replaced', 'a', 'banana', 'o', 'bonono'],
  ['empty matches keep what is between them', 'x*', 'ab', '-', '-a-b-'],
  ['earlier alternatives are preferred', 'a|ab', 'ab', '<$0>', '<a>b'],
  ['greedy takes the most', 'a.*b', 'abab', '<$0>', '<abab>'],
  ['lazy takes the least', 'a.*?b', 'abab', '<$0>', '<ab><ab>'],
  ['a group that took no part is nothing', '(x)|(y)', 'y', '[$1$2]', '[y]'],
]
for (const [sentence, source, text, replacement, expected] of replacements) {
  test(sentence, () => assert.equal(replaceMatches(compileExpression(source), { text, replacement }), expected))
}

const literal = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '(?:)')
const pattern = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    literal,
    fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => left + right),
    fc.tuple(tie('tree'), tie('tree')).map(([left, right]) => `(?:${left}|${right})`),
    fc.tuple(tie('tree'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,2}')).map(([inner, repeat]) => `(${inner})${repeat}`),
  ),
})).tree
const subject = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })

test('our machine finds what the runtime finds', () => {
  fc.assert(
    fc.property(pattern, subject, fc.boolean(), (source, text, anchored) => {
      const whole = anchored ? `^(?:${source})$` : source
      if (whole.length > 400) return
      assert.equal(matchesExpression(compileExpression(whole), text), new RegExp(whole, 'u').test(text), whole)
    }),
    { numRuns: 1000 },
  )
})

test('our machine replaces what the runtime replaces', () => {
  const flat = fc
    .array(fc.tuple(fc.constantFrom('a', 'b', '.', '[ab]', '(a|b)'), fc.constantFrom('', '*', '+', '?', '*?', '+?')), {
      minLength: 1,
      maxLength: 4,
    })
    .map((parts) => parts.map(([atom, repeat]) => atom + repeat).join(''))
  fc.assert(
    fc.property(flat, subject, (source, text) => {
      const expected = new RegExp(source, 'u').test(text) ? text.replaceAll(new RegExp(source, 'gu'), '<$$&>') : undefined
      const ours = replaceMatches(compileExpression(source), { text, replacement: '<$$&>' })
      assert.equal(ours, expected, source)
    }),
    { numRuns: 500 },
  )
})

const runaways: readonly (readonly [string, string])[] = [
  ['^(a+)+$', 'a'.repeat(2000) + 'b'],
  ['^(a|a)*$', 'a'.repeat(2000) + 'b'],
  ['^(.*)*x$', 'a'.repeat(2000)],
  ['^(a?){100}a{100}$', 'a'.repeat(99)],
  ['^((?:(?:){200}){200}){200}$', 'b'],
]
for (const [source, text] of runaways) {
  test(`${source} does not run away`, () => {
    const start = process.cpuUsage()
    assert.equal(matchesExpression(compileExpression(source), text), false)
    assert.ok(process.cpuUsage(start).user < 1_000_000)
  })
}

test('no text at all makes the compiler throw anything but a refusal', () => {
  const piece = fc.constantFrom('(', ')', '[', ']', '{', '}', '*', '+', '?', '|', '^', '$', '\\', '-', ':', '<', 'P', 'i', '1', ',', 'a')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join('')),
      ),
      (source) => {
        try {
          matchesExpression(compileExpression(source), source)
        } catch (error) {
          assert.ok(error instanceof PortunusError, String(error))
        }
      },
    ),
    { numRuns: 1000 },
  )
})

/** Groups read back from whole, torn and damaged files. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { encodeGroup, readGroups } from './journal-groups.ts'

const lines = fc.array(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify([text])),
  { minLength: 1, maxLength: 5 },
)
const groupLists = fc.array(lines, { maxLength: 6 })
const encode = (groups: readonly (readonly string[])[]): Buffer => Buffer.concat(groups.map(encodeGroup))

test('groups come back as they were written', () => {
  fc.assert(
    fc.property(groupLists, (groups) => {
      const bytes = encode(groups)
      assert.deepEqual(readGroups(bytes), { groups, goodBytes: bytes.length, damagedBytes: 0 })
    }),
  )
})

test('of a file torn at any byte the whole groups are left, and where they end', () => {
  fc.assert(
    fc.property(fc.array(lines, { minLength: 1, maxLength: 6 }), fc.nat(), (groups, place) => {
      const bytes = encode(groups)
      const size = place % bytes.length
      const read = readGroups(bytes.subarray(0, size))
      assert.deepEqual(read.groups, groups.slice(0, read.groups.length))
      assert.equal(read.goodBytes, encode(read.groups).length)
      const next = groups[read.groups.length]
      assert.ok(next !== undefined && read.goodBytes + encodeGroup(next).length > size)
    }),
  )
})

test('a changed byte takes its own group with it and no other', () => {
  fc.assert(
    fc.property(fc.array(lines, { minLength: 1, maxLength: 6 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (groups, place, flip) => {
      const bytes = encode(groups)
      const position = place % bytes.length
      bytes[position] = (bytes[position] ?? 0) ^ flip
      let end = 0
      const hit = groups.findIndex((group) => (end += encodeGroup(group).length) > position)
      const left = readGroups(bytes)
      assert.deepEqual(
        left.groups,
        groups.filter((_, index) => index !== hit),
      )
      assert.equal(left.damagedBytes > 0, hit < groups.length - 1)
    }),
  )
})

test('any bytes are read without a failure, and nothing is found in them', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(20), (bytes, place) => {
      const text = Buffer.concat([bytes.subarray(0, place), Buffer.from('PJ1 5 0123456789abcdef\n'), bytes.subarray(place)])
      assert.deepEqual(readGroups(text).groups, [])
    }),
  )
})

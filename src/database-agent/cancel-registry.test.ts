/** Cancel keys: found by process id and key together, and gone with their session. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeRandomness } from '#world'
import { openCancelRegistry, type CancellableSession } from './cancel-registry.ts'

function sessionWith(processId: number, mintedKey: Uint8Array): CancellableSession {
  return { processId, mintedKey, cancel: async () => {} }
}

test('a session is found by its process id and its whole key, and by nothing else', () => {
  const registry = openCancelRegistry(nodeRandomness)
  const key = Buffer.from([1, 2, 3, 4])
  const session = sessionWith(77, key)
  registry.add(session)
  assert.equal(registry.find(77, Buffer.from(key)), session)
  for (const [processId, other] of [
    [78, key],
    [77, Buffer.from([1, 2, 3, 5])],
    [77, key.subarray(0, 3)],
    [77, Buffer.concat([key, Buffer.of(0)])],
    [77, Buffer.alloc(0)],
  ] as const) {
    assert.equal(registry.find(processId, other), undefined)
  }
})

test('sessions of two databases may have the same process id', () => {
  const registry = openCancelRegistry(nodeRandomness)
  const [one, other] = [sessionWith(77, registry.mint(4)), sessionWith(77, registry.mint(4))]
  const registration = registry.add(one)
  registry.add(other)
  assert.equal(registry.find(77, one.mintedKey), one)
  registration[Symbol.dispose]()
  assert.equal(registry.find(77, one.mintedKey), undefined)
  assert.equal(registry.find(77, other.mintedKey), other)
})

test('minted keys have the length the server uses, and differ', () => {
  const registry = openCancelRegistry(nodeRandomness)
  for (const lengthBytes of [4, 32, 256]) {
    const [one, other] = [registry.mint(lengthBytes), registry.mint(lengthBytes)]
    assert.deepEqual([one.length, other.length], [lengthBytes, lengthBytes])
    assert.notDeepEqual(one, other)
  }
})

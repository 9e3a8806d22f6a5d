/** The command on the last page can be pasted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loginCommand } from './login-command.ts'

test('plain names need no quotes', () => {
  assert.equal(loginCommand('teleport.example.com:3080', 'alice'), 'tsh login --proxy=teleport.example.com:3080 --user=alice')
})

test('a name that a shell would read is quoted', () => {
  assert.equal(loginCommand('localhost', "o'hara; ls"), String.raw`tsh login --proxy=localhost --user='o'\''hara; ls'`)
})

test('a self-made certificate of the proxy is vouched for by its pin', () => {
  assert.equal(loginCommand('localhost:3080', 'alice', 'sha256:00'), 'tsh login --proxy=localhost:3080 --user=alice --ca-pin=sha256:00')
})

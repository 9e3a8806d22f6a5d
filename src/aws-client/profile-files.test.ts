/** Proof of profile-files.ts: sections, comments, nested settings, and texts that are nothing of the kind. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { parseProfiles } from './profile-files.ts'

test('profiles of the config file carry the word profile, those of the credentials file do not', () => {
  const config = parseProfiles(
    '[default]\nregion=a\n[profile dev]\nregion = b\n[profile "two words"]\nregion=c\n[sso-session x]\nregion=d\n[dev]\nregion=e',
    'config',
  )
  assert.deepEqual(Object.fromEntries(config), { default: { region: 'a' }, dev: { region: 'b' }, 'two words': { region: 'c' } })
  assert.deepEqual(Object.fromEntries(parseProfiles('[dev]\nregion=e', 'credentials')), { dev: { region: 'e' } })
})

test('comments, nested settings, blank lines and Windows line ends are passed over', () => {
  const text =
    '# head\r\n[default]\r\n\r\nAWS_Access_Key_ID = A ; mine\r\ns3 =\r\n  max_concurrent_requests = 20\r\n; foot\r\nrubbish\r\nsecret = a#b=c\r\n'
  assert.deepEqual(parseProfiles(text, 'credentials').get('default'), { aws_access_key_id: 'A', s3: '', secret: 'a#b=c' })
})

test('a section that comes twice is one profile', () => {
  assert.deepEqual(parseProfiles('[a]\nx=1\n[b]\nx=2\n[a]\ny=3', 'credentials').get('a'), { x: '1', y: '3' })
})

test('no text makes the parser throw', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('[', ']', '=', '#', '\n', ' ', 'a', '__proto__', 'profile ') }),
      (text) => void parseProfiles(text, 'config'),
    ),
  )
})

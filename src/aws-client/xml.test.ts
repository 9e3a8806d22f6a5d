/** The XML of AWS, and texts that are none. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { membersAt, parseXml, textAt } from './xml.ts'

test('elements, lists and entities are read', () => {
  const root = parseXml(
    '<?xml version="1.0"?>\n<A xmlns="https://x/"><!-- c --><R><Name>a &amp; b &#60;&#x3e;</Name><Empty/><L><member>1</member><member>2</member></L></R></A>\n',
  )
  assert.equal(textAt(root, 'R', 'Name'), 'a & b <>')
  assert.equal(textAt(root, 'R', 'Empty'), '')
  assert.equal(textAt(root, 'R', 'Missing', 'Deeper'), undefined)
  assert.deepEqual(
    membersAt(root, 'R', 'L').map(({ text }) => text),
    ['1', '2'],
  )
})

for (const text of ['', 'no xml', '<A>', '</A>', '<A></B>', '<A><B></A></B>', '<A></A><B></B>', '{"json": true}']) {
  test(`is no document: ${JSON.stringify(text)}`, () => assert.equal(parseXml(text), undefined))
}

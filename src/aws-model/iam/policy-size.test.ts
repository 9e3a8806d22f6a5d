/** Splitting keeps every grant and every limit, whatever the grants. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { grantsOfDocument, statementsOf, type Grant } from './grants.ts'
import { iamLimits, policyCharacters, splitPolicy } from './policy-size.ts'

const action = fc.constantFrom('redshift:GetClusterCredentials', 'redshift:DescribeClusters', 'sts:AssumeRole', 'rds-db:connect')
const resource = fc.oneof(
  { weight: 1, arbitrary: fc.constant('*') },
  { weight: 9, arbitrary: fc.stringMatching(/^arn:aws:iam::\d{12}:role\/[a-z]{1,200}$/) },
)
const grants = fc.array(fc.record({ action, resource }), { minLength: 1, maxLength: 300 })
const keyOf = (grant: Grant): string => `${grant.action} ${grant.resource}`

test('documents are within the limit and say together what one would say', () => {
  fc.assert(
    fc.property(grants, (given) => {
      const { documents } = splitPolicy(given)
      for (const document of documents) assert(policyCharacters(document) <= iamLimits.managedPolicyCharacters)
      const whole = grantsOfDocument({ Version: '2012-10-17', Statement: statementsOf(given) })
      const split = documents.flatMap(grantsOfDocument)
      assert.deepEqual(new Set(split.map(keyOf)), new Set(whole.map(keyOf)))
      for (const grant of given)
        assert(split.some((said) => said.action === grant.action && (said.resource === '*' || said.resource === grant.resource)))
    }),
    { numRuns: 50 },
  )
})

test('white space does not count', () => {
  const document = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'a:b', Resource: 'a b' }] } as const
  assert.equal(policyCharacters(document), JSON.stringify(document).length - 1)
})

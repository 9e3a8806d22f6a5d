/** Proof of endpoint.ts: every form of a Redshift and RDS address, and the impostors. */
import { test } from 'node:test'
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { PortunusError } from '#foundation'
import { awsServiceOf, hostOf, parseRdsEndpoint, parseRedshiftEndpoint } from './endpoint.ts'

const redshift = [
  [
    'a cluster',
    'my-redshift.abc123.us-east-1.redshift.amazonaws.com:5439',
    { kind: 'cluster', clusterId: 'my-redshift', region: 'us-east-1' },
  ],
  [
    'a cluster without a port',
    'my-redshift.abc123.us-east-1.redshift.amazonaws.com',
    { kind: 'cluster', clusterId: 'my-redshift', region: 'us-east-1' },
  ],
  [
    'a cluster in capitals and with a last dot',
    'My-Redshift.abc123.us-east-1.Redshift.AmazonAWS.com.:5439',
    { kind: 'cluster', clusterId: 'my-redshift', region: 'us-east-1' },
  ],
  [
    'a cluster of GovCloud',
    'c.abc123.us-gov-west-1.redshift.amazonaws.com:5439',
    { kind: 'cluster', clusterId: 'c', region: 'us-gov-west-1' },
  ],
  ['a cluster in China', 'c.abc123.redshift.cn-north-1.amazonaws.com.cn:5439', { kind: 'cluster', clusterId: 'c', region: 'cn-north-1' }],
  [
    'a managed VPC endpoint of a cluster',
    'sales-endpoint-oyjwdkeunauqcsv3pwt5.abc123.us-east-1.redshift.amazonaws.com:5439',
    { kind: 'cluster-vpc-endpoint', endpointName: 'sales', region: 'us-east-1' },
  ],
  [
    'a cluster that is called like an endpoint',
    'sales-endpoint-eu.abc123.eu-west-1.redshift.amazonaws.com:5439',
    { kind: 'cluster', clusterId: 'sales-endpoint-eu', region: 'eu-west-1' },
  ],
  [
    'a workgroup',
    'wg.123456789012.us-east-1.redshift-serverless.amazonaws.com:5439',
    { kind: 'workgroup', workgroupName: 'wg', accountId: '123456789012', region: 'us-east-1' },
  ],
  [
    'a VPC endpoint of a workgroup',
    'mine-endpoint-xyz789.123456789012.us-east-1.redshift-serverless.amazonaws.com:5439',
    { kind: 'workgroup-vpc-endpoint', endpointName: 'mine', accountId: '123456789012', region: 'us-east-1' },
  ],
] as const

for (const [sentence, uri, expected] of redshift) {
  test(`a Redshift address: ${sentence}`, () => {
    assert.deepEqual(parseRedshiftEndpoint(uri), expected)
  })
}

const strangers = [
  ["a name of one's own", 'redshift.example.com:5439'],
  ['the loopback', 'localhost:5439'],
  ['an IPv6 address', '[::1]:5439'],
  ['a stranger who carries the suffix in the middle', 'c.abc123.us-east-1.redshift.amazonaws.com.evil.example:5439'],
  ['a stranger who lacks the dot', 'c.abc123.us-east-1.redshift.notamazonaws.com:5439'],
  ['the API of Redshift itself', 'redshift.us-east-1.amazonaws.com:443'],
  ['nothing', ''],
] as const

for (const [sentence, uri] of strangers) {
  test(`no address of AWS: ${sentence}`, () => {
    assert.equal(awsServiceOf(uri), undefined)
    assert.equal(parseRedshiftEndpoint(uri), undefined)
    assert.equal(parseRdsEndpoint(uri), undefined)
  })
}

const malformed = [
  ['too few labels', 'my-redshift.us-east-1.redshift.amazonaws.com:5439', 'AWS_ENDPOINT_MALFORMED'],
  ['too many labels', 'a.my-redshift.abc123.us-east-1.redshift.amazonaws.com:5439', 'AWS_ENDPOINT_MALFORMED'],
  ['an empty cluster', '.abc123.us-east-1.redshift.amazonaws.com:5439', 'AWS_ENDPOINT_MALFORMED'],
  ['the order of China outside of China', 'c.abc123.redshift.us-east-1.amazonaws.com:5439', 'AWS_ENDPOINT_MALFORMED'],
  ['a workgroup without an account', 'wg.abc.us-east-1.redshift-serverless.amazonaws.com:5439', 'AWS_ENDPOINT_MALFORMED'],
  ['a workgroup in China', 'wg.123456789012.redshift-serverless.cn-north-1.amazonaws.com.cn:5439', 'AWS_ENDPOINT_UNSUPPORTED'],
] as const

for (const [sentence, uri, code] of malformed) {
  test(`an address that cannot be read: ${sentence}`, () => {
    assert.throws(() => parseRedshiftEndpoint(uri), { name: 'PortunusError', code })
  })
}

const rds = [
  ['an instance', 'db1.abc123.us-west-1.rds.amazonaws.com:5432', { kind: 'instance', instanceId: 'db1', region: 'us-west-1' }],
  [
    'an instance in China',
    'db1.abc123.rds.cn-north-1.amazonaws.com.cn:5432',
    { kind: 'instance', instanceId: 'db1', region: 'cn-north-1' },
  ],
  ['an Aurora cluster', 'c.cluster-abc123.us-west-1.rds.amazonaws.com', { kind: 'cluster', clusterId: 'c', region: 'us-west-1' }],
  ['an Aurora reader', 'c.cluster-ro-abc123.us-west-1.rds.amazonaws.com', { kind: 'cluster', clusterId: 'c', region: 'us-west-1' }],
  [
    'an Aurora custom endpoint',
    'e.cluster-custom-abc123.us-west-1.rds.amazonaws.com',
    { kind: 'cluster-custom', endpointName: 'e', region: 'us-west-1' },
  ],
  ['a proxy', 'p.proxy-abc123.us-west-1.rds.amazonaws.com', { kind: 'proxy', proxyName: 'p', region: 'us-west-1' }],
  [
    'an endpoint of a proxy',
    'e.endpoint.proxy-abc123.us-west-1.rds.amazonaws.com',
    { kind: 'proxy-endpoint', endpointName: 'e', region: 'us-west-1' },
  ],
] as const

for (const [sentence, uri, expected] of rds) {
  test(`an RDS address: ${sentence}`, () => {
    assert.deepEqual(parseRdsEndpoint(uri), expected)
  })
}

test('an RDS address of no known form is refused', () => {
  assert.throws(() => parseRdsEndpoint('db1.us-west-1.rds.amazonaws.com'), { code: 'AWS_ENDPOINT_MALFORMED' })
})

test('the host is found with and without a port, also in brackets', () => {
  assert.deepEqual(['a.b:1', 'A.B', '[::1]:5439', 'a.b.:1'].map(hostOf), ['a.b', 'a.b', '::1', 'a.b'])
})

test('no text makes the parsers throw anything but a PortunusError', () => {
  const label = fc.constantFrom('a', '', 'redshift', 'redshift-serverless', 'rds', 'us-east-1', 'proxy-x', 'endpoint', '123456789012', '::')
  const host = fc.tuple(fc.array(label, { maxLength: 7 }), fc.constantFrom('.amazonaws.com', '.amazonaws.com.cn', ':5439', ''))
  const text = fc.oneof(
    fc.string(),
    host.map(([labels, suffix]) => labels.join('.') + suffix),
  )
  fc.assert(
    fc.property(text, (uri) => {
      for (const parse of [parseRedshiftEndpoint, parseRdsEndpoint]) {
        try {
          parse(uri)
        } catch (error) {
          assert.ok(error instanceof PortunusError)
        }
      }
    }),
  )
})

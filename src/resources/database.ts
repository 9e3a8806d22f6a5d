/** Databases: a registered `db` resource, where it listens, how its certificate is checked, and what AWS calls it. */
import * as z from 'zod/mini'
import { checkedDatabaseName } from './checked-name.ts'
import { readDocument, type ResourceDocument } from './document.ts'
import { checkedText, converted, filled, optional, present, section, withFallback } from './fields.ts'
import { metadataSchema, printMetadata, type Metadata } from './metadata.ts'

export interface Database {
  readonly kind: 'db'
  readonly version: 'v3'
  readonly metadata: Metadata
  readonly spec: DatabaseSpec
}

export interface DatabaseSpec {
  readonly protocol: 'postgres'
  /** `host:port`. */
  readonly uri: string
  readonly tls: DatabaseTls
  readonly aws: DatabaseAws
}

export interface DatabaseTls {
  readonly mode: 'verify-full' | 'verify-ca' | 'insecure'
  readonly serverName?: string
  /** PEM. */
  readonly caCert?: string
}

export interface DatabaseAws {
  readonly region?: string
  /** Twelve digits. */
  readonly accountId?: string
  readonly assumeRoleArn?: string
  readonly externalId?: string
  readonly redshift: { readonly clusterId?: string }
}

const pemLengthMax = 262_144
const regionPattern = /^[a-z]{2}(?:-[a-z]+){1,3}-\d{1,2}$/
const accountPattern = /^\d{12}$/
const roleArnPattern = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/
// AWS IAM User Guide, "access to AWS accounts owned by third parties": 2 to 1224 of these characters.
const externalIdPattern = /^[\w+=,.@:/-]{2,1224}$/
const clusterIdPattern = /^[a-z][a-z0-9-]{0,62}$/
const hostPattern = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/i

/** Undefined for `host:port` (a name, an IPv4 address, or an IPv6 address in brackets), else what was expected. */
export function expectedOfUri(uri: string): string | undefined {
  const expected = 'host:port such as my-cluster.abc.us-east-1.redshift.amazonaws.com:5439'
  const colon = uri.lastIndexOf(':')
  const host = uri.slice(0, colon)
  const port = uri.slice(colon + 1)
  if (colon < 1 || !/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) return expected
  const isAddress = /^\[[0-9a-f:.]{2,45}\]$/i.test(host)
  return isAddress || hostPattern.test(host) ? undefined : expected
}

function matching(pattern: RegExp, expected: string): z.ZodMiniType<string> {
  return checkedText((value) => (pattern.test(value) ? undefined : expected))
}

const pem = converted(z.string(), (value) => {
  if (value.length > pemLengthMax) return { expected: `at most ${pemLengthMax} characters of PEM` }
  return /^\s*(?:#.*\n\s*)*-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/.test(value)
    ? { value }
    : { expected: 'certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----' }
})

const tlsSchema: z.ZodMiniType<DatabaseTls> = z.pipe(
  section({
    mode: withFallback(z.literal(['verify-full', 'verify-ca', 'insecure']), 'verify-full'),
    server_name: optional(matching(hostPattern, 'a host name')),
    ca_cert: optional(pem),
  }),
  z.transform((tls) => present({ mode: tls.mode, serverName: tls.server_name, caCert: tls.ca_cert })),
)

const awsSchema: z.ZodMiniType<DatabaseAws> = z.pipe(
  section({
    region: optional(matching(regionPattern, 'an AWS region such as us-east-1')),
    account_id: optional(matching(accountPattern, 'the twelve digits of an AWS account, in quotes')),
    assume_role_arn: optional(matching(roleArnPattern, 'a role ARN such as arn:aws:iam::123456789012:role/name')),
    external_id: optional(matching(externalIdPattern, '2 to 1224 letters, digits and characters of +=,.@:/-_')),
    redshift: withFallback(
      z.pipe(
        section({ cluster_id: optional(matching(clusterIdPattern, 'a cluster identifier of lower-case letters, digits and dashes')) }),
        z.transform((redshift) => present({ clusterId: redshift.cluster_id })),
      ),
      {},
    ),
  }),
  z.transform((aws) =>
    present({
      region: aws.region,
      accountId: aws.account_id,
      assumeRoleArn: aws.assume_role_arn,
      externalId: aws.external_id,
      redshift: aws.redshift,
    }),
  ),
)

const defaultTls: DatabaseTls = { mode: 'verify-full' }
const defaultAws: DatabaseAws = { redshift: {} }

/** For documents that hold a database inside. */
export const databaseSchema: z.ZodMiniType<Database> = z.pipe(
  section({
    kind: z.literal('db'),
    version: z.literal('v3'),
    metadata: metadataSchema(checkedDatabaseName),
    spec: section({
      protocol: z.literal('postgres'),
      uri: checkedText(expectedOfUri),
      tls: withFallback(tlsSchema, defaultTls),
      aws: withFallback(awsSchema, defaultAws),
    }),
  }),
  z.transform((database) => database),
)

/** Throws RESOURCE_MALFORMED (bad-input). TLS is verified in full unless the document says otherwise. */
export function parseDatabase(input: unknown): Database {
  return readDocument('database', databaseSchema, input)
}

/** The document that `parseDatabase` reads back to the same value. */
export function printDatabase(database: Database): ResourceDocument {
  const { protocol, uri, tls, aws } = database.spec
  return {
    kind: database.kind,
    version: database.version,
    metadata: printMetadata(database.metadata),
    spec: {
      protocol,
      uri,
      tls: filled({ mode: tls.mode, server_name: tls.serverName, ca_cert: tls.caCert }),
      ...filled({
        aws: filled({
          region: aws.region,
          account_id: aws.accountId,
          assume_role_arn: aws.assumeRoleArn,
          external_id: aws.externalId,
          redshift: filled({ cluster_id: aws.redshift.clusterId }),
        }),
      }),
    },
  }
}

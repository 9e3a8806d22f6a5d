/** The command line of the lab: text to options, with a clear refusal for everything else. */
import { parseArgs } from 'node:util'
import { PortunusError, messageOf } from '#foundation'
import type { LabOptions } from './lab.ts'

export type LabCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'run'; readonly options: LabOptions; readonly jsonFile: string | undefined; readonly verbose: boolean }

export const helpText = `Usage: npm run lab -- [flags]

Starts a stand-in for AWS (STS, IAM and Redshift) and a stand-in for a Redshift cluster, both on 127.0.0.1,
prints how to reach them and stays in the foreground until Ctrl-C.

  --json FILE            also write what is printed to FILE as JSON, once everything is ready; removed at the end
  --region REGION        AWS region (us-east-1)
  --account ID           AWS account, 12 digits (123456789012)
  --cluster-id ID        Redshift cluster (my-redshift)
  --aws-port PORT        port of the AWS stand-in (0: any free port)
  --redshift-port PORT   port of the Redshift stand-in (0: any free port)
  --verbose              print AWS calls, database logins and cancels to standard error as they happen
  --help                 print this text
`

const flags = {
  json: { type: 'string' },
  region: { type: 'string' },
  account: { type: 'string' },
  'cluster-id': { type: 'string' },
  'aws-port': { type: 'string' },
  'redshift-port': { type: 'string' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Throws LAB_FLAGS_REFUSED. */
export function parseCommandLine(words: readonly string[]): LabCommand {
  const { values } = parseFlags(words)
  if (values.help === true) return { kind: 'help' }
  const region = checked('--region', values.region, { pattern: /^[a-z]{2,4}(-[a-z]+)+-\d$/, expected: 'a region such as us-east-1' })
  const accountId = checked('--account', values.account, { pattern: /^\d{12}$/, expected: '12 digits' })
  const clusterId = checked('--cluster-id', values['cluster-id'], {
    pattern: /^(?=.{1,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    expected: 'lower-case letters, digits and single hyphens, from a letter on',
  })
  const options = {
    ...(region === undefined ? {} : { region }),
    ...(accountId === undefined ? {} : { accountId }),
    ...(clusterId === undefined ? {} : { clusterId }),
    awsPort: port('--aws-port', values['aws-port']),
    redshiftPort: port('--redshift-port', values['redshift-port']),
  }
  if (values.json === '') throw refused('--json', '', 'the path of a file')
  return { kind: 'run', options, jsonFile: values.json, verbose: values.verbose ?? false }
}

function parseFlags(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: flags, allowPositionals: false })
  } catch (error) {
    const [reason = ''] = messageOf(error).split('. ')
    throw new PortunusError('LAB_FLAGS_REFUSED', `Cannot read the flags "${words.join(' ')}": ${reason}`, {
      category: 'bad-input',
      hint: 'read the flags with: npm run lab -- --help',
    })
  }
}

function checked(
  flag: string,
  value: string | undefined,
  rule: { readonly pattern: RegExp; readonly expected: string },
): string | undefined {
  if (value === undefined || rule.pattern.test(value)) return value
  throw refused(flag, value, rule.expected)
}

function port(flag: string, value = '0'): number {
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value)
  throw refused(flag, value, 'a port, 0 to 65535')
}

function refused(flag: string, value: string, expected: string): PortunusError {
  return new PortunusError('LAB_FLAGS_REFUSED', `Cannot use "${value}" for ${flag}: expected ${expected}`, {
    category: 'bad-input',
    hint: 'read the flags with: npm run lab -- --help',
  })
}

/** `tctl tokens add`: a join token, alone or with the commands that use it. */
import type { AuthorityClient, ResponseOf } from '#authority-api'
import { PortunusError, formatDuration } from '#foundation'
import { printJson, printYaml } from '#presentation'
import { parseTokenRoles, type SystemRole } from '#resources'
import { labelsFlag } from '../labels.ts'
import { requiredListFlag, textFlag, ttlFlag, withAuthority, type TctlContext } from '../context.ts'

const usualTtlMilliseconds = 30 * 60_000

type Token = ResponseOf<'createToken'>

export async function addToken(context: TctlContext): Promise<number> {
  const roles = parseTokenRoles(requiredListFlag(context, 'type', '--type=db').join(','))
  const ttlMilliseconds = ttlFlag(context, { usual: usualTtlMilliseconds })
  const format = textFlag(context, 'format')
  const text = await withAuthority(context, async (authority) => {
    // Asked before the token is made: instructions without a proxy would lead nowhere.
    const cluster = format === undefined ? await clusterFacts(authority) : undefined
    const value = textFlag(context, 'value')
    const token = await authority.createToken({ roles, ttlMilliseconds, value, labels: labelsFlag(context) })
    return cluster === undefined ? printToken(token, format) : instructions(context, { token, cluster, ttlMilliseconds, roles })
  })
  context.world.terminal.answer(text)
  return 0
}

/** `text` is the bare token, so that it can be written into a file. */
function printToken(token: Token, format: string | undefined): string {
  const document = { token: token.token, roles: token.roles, expires: token.expires }
  if (format === 'json') return printJson(document, { indent: 1 })
  return format === 'yaml' ? printYaml(document) : token.token
}

interface ClusterFacts {
  readonly proxyAddress: string
  readonly caPins: readonly string[]
}

async function clusterFacts(authority: AuthorityClient): Promise<ClusterFacts> {
  const { proxies } = await authority.listProxies({})
  const { caPins } = await authority.ping({})
  const [proxy] = proxies
  if (proxy !== undefined) return { proxyAddress: proxy.publicAddress, caPins }
  throw new PortunusError('CLUSTER_WITHOUT_PROXIES', 'Cannot print how to use the token: the cluster has no proxies', {
    category: 'unavailable',
    hint: 'start a proxy first, or print the token alone with --format=text',
  })
}

interface Instructions {
  readonly token: Token
  readonly cluster: ClusterFacts
  readonly ttlMilliseconds: number
  readonly roles: readonly SystemRole[]
}

function instructions(context: TctlContext, { token, cluster, ttlMilliseconds, roles }: Instructions): string {
  const head = [`Token: ${token.token}`, `It lets hosts join for ${formatDuration(ttlMilliseconds)}.`]
  const steps = roles.includes('Db') ? databaseSteps(context, token, cluster) : startSteps(token, cluster, roles)
  return [...head, '', ...steps].join('\n')
}

function databaseSteps(context: TctlContext, token: Token, cluster: ClusterFacts): readonly string[] {
  const name = textFlag(context, 'dbName') ?? 'my-database'
  const protocol = textFlag(context, 'dbProtocol') ?? 'postgres'
  const uri = textFlag(context, 'dbUri') ?? 'database.example.com:5432'
  const create = command([
    'teleport db configure create',
    `--token=${token.token}`,
    ...cluster.caPins.map((pin) => `--ca-pin=${pin}`),
    `--proxy=${cluster.proxyAddress}`,
    `--name=${name}`,
    `--protocol=${protocol}`,
    `--uri=${uri}`,
    '-o file',
  ])
  return [
    'Write the configuration of a Database Service, on the host that can reach the database:',
    '',
    ...create,
    '',
    'Start it:',
    '',
    '  teleport start -c /etc/teleport.yaml',
    '',
    'Notes:',
    `  - The host must reach the proxy at ${cluster.proxyAddress}; nothing needs to reach the host.`,
    '  - The database must be reachable from the host at the address of --uri.',
    '  - The token is needed for the first start only.',
  ]
}

function startSteps(token: Token, cluster: ClusterFacts, roles: readonly SystemRole[]): readonly string[] {
  const list = roles.map((role) => role.toLowerCase()).join(',')
  const pins = cluster.caPins.map((pin) => `--ca-pin=${pin}`)
  return ['Start a host with it:', '', ...command(['teleport start', `--roles=${list}`, `--token=${token.token}`, ...pins])]
}

/** One flag per line, so that the command can be read and pasted. */
function command(words: readonly string[]): readonly string[] {
  return words.map((word, index) => `${index === 0 ? '  ' : '    '}${word}${index === words.length - 1 ? '' : ' \\'}`)
}

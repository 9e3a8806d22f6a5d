/** The commands `tsh request`, and the flags of `tsh login` that belong to them. */
import { Option, type Command } from 'commander'
import type { TshContext } from './context.ts'
import type { Flags } from './program.ts'

type Action = (context: TshContext, flags: Flags, args: readonly (string | undefined)[]) => Promise<number>
type Runs = (action: Action) => (...parameters: unknown[]) => Promise<void>

export function addRequestCommands(requests: Command, runs: Runs): void {
  requests
    .command('create')
    .description('Ask for roles, wait for the answer, and take the roles on when it is yes.')
    .addOption(list('--roles <list>', 'the roles; * is all that you may request'))
    .option('--reason <text>', 'why; reviewers read it')
    .addOption(list('--reviewers <list>', 'who should review it'))
    .option('--max-duration <duration>', 'how long the access shall last, such as 4h')
    .option('--session-ttl <duration>', 'the same as --max-duration')
    .option('--request-ttl <duration>', 'how long the request waits for reviews (default: 1h)')
    .option('--nowait', 'do not wait for the answer')
    .action(runs(async (context, flags) => (await import('./commands/request-create.ts')).createRequest(context, flags)))
  requests
    .command('ls')
    .description('List your access requests and those you may review.')
    .option('--reviewable', 'only those you may review')
    .option('--suggested', 'only those in which you are suggested as a reviewer')
    .option('--my-requests', 'only your own')
    .addOption(format())
    .action(runs(async (context, flags) => (await import('./commands/request-ls.ts')).listRequests(context, flags)))
  requests
    .command('show')
    .description('Show an access request in full.')
    .argument('<id>', 'id of the request')
    .addOption(format())
    .action(runs(async (context, flags, [id = '']) => (await import('./commands/request-ls.ts')).showRequest(context, flags, id)))
  requests
    .command('review')
    .description('Approve or deny the access request of somebody else.')
    .argument('<id>', 'id of the request')
    .option('--approve', 'say yes')
    .option('--deny', 'say no')
    .option('--reason <text>', 'why; the requester reads it')
    .action(runs(async (context, flags, [id = '']) => (await import('./commands/request-review.ts')).reviewRequest(context, flags, id)))
  requests
    .command('search')
    .description('Find out what you may ask for.')
    .option('--roles', 'list roles')
    .addOption(format())
    .action(runs(async (context, flags) => (await import('./commands/request-search.ts')).searchRequestable(context, flags)))
  requests
    .command('drop')
    .description('Give back what access requests granted, and go on with the login as it was.')
    .argument('[ids...]', 'ids of the requests; all of them unless given')
    .action((...parameters) => {
      const [ids] = parameters
      return runs(async (context, flags) => (await import('./commands/request-drop.ts')).dropAssumed(context, { ...flags, ids }))(
        ...parameters,
      )
    })
}

/** On `tsh login`: take on an approved request, or make one. */
export function addRequestFlags(login: Command): Command {
  return login
    .addOption(list('--request-id <id>', 'take on what this approved access request granted'))
    .addOption(list('--request-roles <list>', 'ask for these roles, and wait for the answer'))
    .option('--request-reason <text>', 'why; reviewers read it')
    .addOption(list('--request-reviewers <list>', 'who should review it'))
    .option('--request-nowait', 'do not wait for the answer')
}

/** Comma-separated and repeatable. */
function list(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, earlier: readonly string[] | undefined) => [
    ...(earlier ?? []),
    ...value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ])
}

function format(): Option {
  return new Option('-f, --format <format>', 'form of the output').choices(['text', 'json', 'yaml']).default('text')
}

export function listOf(flags: Flags, name: string): readonly string[] {
  const value = flags[name]
  return Array.isArray(value) ? value.filter((part) => typeof part === 'string') : []
}

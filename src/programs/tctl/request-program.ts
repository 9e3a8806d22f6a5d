/** The commands `tctl requests`: their arguments and flags. */
import { Option, type Command } from 'commander'
import { splitList, type TctlContext } from './context.ts'

type Action = (context: TctlContext) => Promise<number>
type Runs = (action: Action) => (...parameters: unknown[]) => Promise<void>

export function addRequestCommands(requests: Command, runs: Runs): void {
  const run = (name: 'list' | 'get' | 'approve' | 'deny' | 'create' | 'remove' | 'review') =>
    runs(async (context) => (await import('./commands/requests.ts')).requestCommands[name](context))
  requests
    .command('ls')
    .description('List the access requests, the newest first.')
    .addOption(format(['text', 'json', 'yaml'], 'text'))
    .action(run('list'))
  requests
    .command('get')
    .description('Show access requests in full.')
    .argument('<ids>', 'ids of the requests, separated by commas')
    .addOption(format(['text', 'json', 'yaml'], 'text'))
    .action(run('get'))
  requests
    .command('approve')
    .description('Approve access requests, whatever their reviews say.')
    .argument('<ids>', 'ids of the requests, separated by commas')
    .option('--reason <text>', 'why; the requester reads it')
    .addOption(list('--roles <list>', 'grant only these of the roles that are asked for'))
    .action(run('approve'))
  requests
    .command('deny')
    .description('Deny access requests; what an approved one granted is gone at once.')
    .argument('<ids>', 'ids of the requests, separated by commas')
    .option('--reason <text>', 'why; the requester reads it')
    .action(run('deny'))
  requests
    .command('create')
    .description('Make an access request for a user, and print its id.')
    .argument('<user>', 'name of the user')
    .addOption(list('--roles <list>', 'the roles; * is all that the user may request (default: *)'))
    .option('--reason <text>', 'why')
    .option('--dry-run', 'print what the request would be, and keep nothing')
    .action(run('create'))
  requests
    .command('review')
    .description('Review an access request for a reviewer.')
    .argument('<id>', 'id of the request')
    .option('--author <user>', 'the reviewer; yourself where you are logged in with tsh')
    .option('--approve', 'say yes')
    .option('--deny', 'say no')
    .option('--reason <text>', 'why')
    .action(run('review'))
  requests
    .command('rm')
    .description('Delete access requests; what they granted is gone at once.')
    .argument('<ids>', 'ids of the requests, separated by commas')
    .action(run('remove'))
}

function list(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, earlier: readonly string[] | undefined) => splitList(value, earlier))
}

function format(choices: readonly string[], usual: string): Option {
  return new Option('-f, --format <format>', 'form of the output').choices([...choices]).default(usual)
}

/** The command line of tsh: every command, its arguments and flags. What a command does is loaded when it runs. */
import { Command, CommanderError, Option } from 'commander'
import { PortunusError } from '#foundation'
import type { GlobalFlags, TshContext } from './context.ts'
import { addRequestCommands, addRequestFlags } from './request-program.ts'
import type { TshWorld } from './world.ts'

export interface TshProgram {
  readonly command: Command
  /** The code of the command that ran. */
  exitCode(): number
}

/** Runs an action with the flags of its command; the result is the exit code. */
type Action = (context: TshContext, flags: Flags, args: readonly (string | undefined)[]) => Promise<number>

/** Flag values as the command line gave them; each command reads its own. */
export type Flags = Readonly<Record<string, unknown>>

export function tshProgram(world: TshWorld, childArguments: readonly string[]): TshProgram {
  let exitCode = 0
  const runs =
    (action: Action) =>
    async (...parameters: unknown[]) => {
      const command = parameters.at(-1)
      if (!(command instanceof Command)) throw new TypeError('commander calls actions with the command last')
      const flags: Flags = command.optsWithGlobals()
      const context: TshContext = { world, flags: globalFlags(flags), childArguments }
      if (childArguments.length > 0 && command.name() !== 'connect') throw unexpectedChildArguments(childArguments)
      exitCode = await action(context, flags, command.processedArgs.map(textOrUndefined))
    }
  const root = rootCommand(world)
  addSessionCommands(root, runs)
  addDatabaseCommands(root.command('db').description('View and use the databases of the cluster.'), runs)
  addLiveSessionCommands(root.command('sessions').description('See your live database sessions.'), runs)
  addRequestCommands(root.command('request').alias('requests').description('Ask for access, and review what others ask for.'), runs)
  addProxyCommands(root.command('proxy').description('Run local proxies for programs on this machine.'), runs)
  root
    .command('version')
    .description('Print the version of tsh.')
    .addOption(formatOption(['text', 'json']))
    .action(
      runs(async (context, { format }) => {
        const { version } = context.world
        context.world.terminal.answer(format === 'json' ? JSON.stringify({ version }, undefined, 2) : `Portunus v${version} tsh`)
        return 0
      }),
    )
  return { command: root, exitCode: () => exitCode }
}

type Runs = (action: Action) => (...parameters: unknown[]) => Promise<void>

function rootCommand(world: TshWorld): Command {
  const root = new Command('tsh')
  return root
    .description('Log in to a cluster and connect to its databases.')
    .option('--proxy <host[:port]>', 'address of the proxy (TELEPORT_PROXY)')
    .option('--user <name>', 'name of the user in the cluster (TELEPORT_USER)')
    .option('--insecure', "do not verify the proxy's certificate; for tests only")
    .option('-d, --debug', 'show where errors come from')
    .version(`Portunus v${world.version} tsh`, '--version', 'print the version')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.terminal.answer(text),
      writeErr: (text) => world.terminal.tell(text),
      outputError: (text, write) => write(usageText(text)),
    })
    .showSuggestionAfterError(true)
}

function addSessionCommands(root: Command, runs: Runs): void {
  addRequestFlags(root.command('login'))
    .description('Log in to a cluster and keep the credentials in the profile directory.')
    .addOption(new Option('--auth <type>', 'how to authenticate').choices(['local']).default('local'))
    .option('--ttl <minutes>', 'minutes the login shall last, or a duration such as 8h')
    .option('--ca-pin <sha256:hex>', 'trust the proxy whose authority has this pin; may be repeated', collected, [])
    .option('--force', 'log in even though the present login is still valid')
    .action(runs(async (context, flags) => (await import('./commands/login.ts')).login(context, flags)))
  root
    .command('logout')
    .description('Forget logins: one of --proxy and --user, or all of them.')
    .action(runs(async (context) => (await import('./commands/logout.ts')).logout(context)))
  root
    .command('status')
    .description('Show who is logged in, where, and until when.')
    .addOption(formatOption(['text', 'json', 'yaml']))
    .action(runs(async (context, flags) => (await import('./commands/status.ts')).status(context, flags)))
}

function addLiveSessionCommands(sessions: Command, runs: Runs): void {
  sessions
    .command('ls')
    .description('List your live database sessions.')
    .addOption(formatOption(['text', 'json', 'yaml']))
    .action(runs(async (context, flags) => (await import('./commands/sessions-ls.ts')).listOwnSessions(context, flags)))
}

function addDatabaseCommands(db: Command, runs: Runs): void {
  db.command('ls')
    .description('List the databases you may connect to.')
    .argument('[labels]', 'only databases with these labels, as key=value,key2=value2')
    .option('-v, --verbose', 'show full names, addresses and all labels')
    .option('--search <words>', 'only databases in which each of these comma-separated words occurs')
    .option('--query <predicate>', `only databases it is true of, such as ${queryExample}`)
    .addOption(formatOption(['text', 'json', 'yaml']))
    .action(runs(async (context, flags, [labels]) => (await import('./commands/db-ls.ts')).listDatabases(context, { ...flags, labels })))
  withTarget(db.command('login'))
    .description('Obtain and keep credentials for a database.')
    .action(runs(async (context, flags, [name]) => (await import('./commands/db-login.ts')).logInToDatabase(context, { ...flags, name })))
  db.command('logout')
    .description('Remove the credentials for a database, or for all.')
    .argument('[database]', 'name of the database')
    .action(runs(async (context, _flags, [name]) => (await import('./commands/db-logout.ts')).logOutOfDatabases(context, name)))
  withTarget(db.command('connect'))
    .description('Connect to a database with psql. Arguments after -- are passed on to psql.')
    .option('--tunnel', 'accepted for compatibility: the connection always goes through a local proxy')
    .action(runs(async (context, flags, [name]) => (await import('./commands/db-connect.ts')).connect(context, { ...flags, name })))
  db.command('exec')
    .description('Run SQL in several databases with psql, and say how many succeeded.')
    .argument('<sql>', 'what to run')
    .option('--dbs <names>', 'run it in these comma-separated databases')
    .option('--search <words>', 'run it in the databases in which each of these comma-separated words occurs')
    .option('--labels <key=value,...>', 'run it in the databases with these labels')
    .option('--query <predicate>', `run it in the databases this is true of, such as ${queryExample}`)
    .option('-u, --db-user <name>', 'database user, or role/<name> for an IAM role')
    .option('-n, --db-name <name>', 'database name')
    .option('--parallel <number>', 'how many databases at once, 1 to 10; more than one needs --output-dir', '1')
    .option('--output-dir <directory>', 'a new directory for one <database>.output each, and summary.json')
    .option('--confirm', 'ask before running it in databases that were searched for', true)
    .option('--no-confirm', 'do not ask')
    .action(runs(async (context, flags, [sql]) => (await import('./commands/db-exec.ts')).execute(context, { ...flags, sql })))
  db.command('explain')
    .description('Say whether you may connect to a database, and which role grants it or what is missing.')
    .argument('<database>', 'name of the database')
    .option('-u, --db-user <name>', 'database user, or role/<name> for an IAM role')
    .option('-n, --db-name <name>', 'database name')
    .addOption(formatOption(['text', 'json', 'yaml']))
    .action(runs(async (context, flags, [name]) => (await import('./commands/db-explain.ts')).explainAccess(context, { ...flags, name })))
  db.command('env')
    .description('Print environment variables for PostgreSQL clients that connect with certificate files.')
    .argument('[database]', 'name of the database')
    .addOption(formatOption(['text', 'json', 'yaml']))
    .action(runs(async (context, flags, [name]) => (await import('./commands/db-env.ts')).environment(context, { ...flags, name })))
  db.command('config')
    .description('Print connection settings for PostgreSQL clients that connect with certificate files.')
    .argument('[database]', 'name of the database')
    .addOption(formatOption(['text', 'cmd', 'json', 'yaml']))
    .action(runs(async (context, flags, [name]) => (await import('./commands/db-config.ts')).configuration(context, { ...flags, name })))
}

function addProxyCommands(proxy: Command, runs: Runs): void {
  withTarget(proxy.command('db'))
    .description('Open a local port through which any PostgreSQL client reaches a database.')
    .option('--tunnel', 'hold the credentials in tsh, so that clients need none')
    .option('-p, --port <number>', 'port to listen on; unless given, a free one that stays the same for the database')
    .option('--listen <address>', 'address to listen on, as host:port')
    .option('--listen-unix <path>', 'Unix socket to listen on, or a directory to put one in; only you may open it')
    .option('--background', 'leave it running apart from the terminal; see tsh proxy ls and tsh proxy stop')
    .addOption(new Option('--background-log <path>').hideHelp())
    .option('--insecure-listen-anywhere', 'allow --listen to name an address that other machines can reach')
    .addOption(formatOption(['text', 'json']))
    .action(runs(async (context, flags, [name]) => (await import('./commands/proxy-db.ts')).proxyDatabase(context, { ...flags, name })))
  proxy
    .command('ls')
    .description('List the local proxies that run on this machine.')
    .addOption(formatOption(['text', 'json', 'yaml']))
    .action(runs(async (context, flags) => (await import('./commands/proxy-ls.ts')).listProxies(context, flags)))
  proxy
    .command('stop')
    .description('Stop a local proxy and the connections through it.')
    .argument('[name]', 'name of the local proxy, as tsh proxy ls shows it')
    .option('--all', 'stop all of them')
    .action(runs(async (context, flags, [name]) => (await import('./commands/proxy-stop.ts')).stopProxies(context, { ...flags, name })))
}

const queryExample = `'labels["env"] == "dev" && hasPrefix(name, "a")'`

/** Which database, and as whom. */
function withTarget(command: Command): Command {
  return command
    .argument('[database]', 'name of the database')
    .option('-u, --db-user <name>', 'database user, or role/<name> for an IAM role')
    .option('-n, --db-name <name>', 'database name')
    .option('--labels <key=value,...>', 'choose the database by its labels')
    .option('--query <predicate>', `choose the database by a predicate, such as ${queryExample}`)
}

function formatOption(choices: readonly string[]): Option {
  return new Option('-f, --format <format>', 'form of the output').choices(choices).default(choices[0])
}

function collected(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value]
}

function globalFlags(flags: Flags): GlobalFlags {
  return {
    proxy: textOrUndefined(flags['proxy']),
    user: textOrUndefined(flags['user']),
    insecure: flags['insecure'] === true,
    debug: flags['debug'] === true,
  }
}

export function textOrUndefined(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function isUsageError(error: unknown): error is CommanderError {
  return error instanceof CommanderError
}

/** commander's one line in our form. */
function usageText(text: string): string {
  const [first = '', ...more] = text.trim().split('\n')
  const suggestion = more.length === 0 ? '' : ` ${more.join(' ')}`
  return `ERROR: Cannot understand the command line: ${first.replace(/^error: /, '')}${suggestion}\nHINT: see the flags and arguments with --help\n`
}

function unexpectedChildArguments(args: readonly string[]): PortunusError {
  return new PortunusError('USAGE_REFUSED', `Cannot pass on the arguments "${args.join(' ')}": the command starts no other program`, {
    category: 'bad-input',
    hint: 'leave them out; only tsh db connect takes arguments after --',
  })
}

/** The command line of tctl: every command, its arguments and flags. What a command does is loaded when it runs. */
import { Command, CommanderError, Option } from 'commander'
import { lockTargets } from './lock-targets.ts'
import { addRequestCommands } from './request-program.ts'
import { splitList, type Flags, type TctlContext } from './context.ts'
import type { TctlWorld } from './world.ts'

export interface TctlProgram {
  readonly command: Command
  /** The code of the command that ran. */
  exitCode(): number
}

/** Resolves to the exit code. */
type Action = (context: TctlContext) => Promise<number>
type Runs = (action: Action) => (...parameters: unknown[]) => Promise<void>

export function tctlProgram(world: TctlWorld): TctlProgram {
  let exitCode = 0
  const runs: Runs =
    (action) =>
    async (...parameters) => {
      const command = parameters.at(-1)
      if (!(command instanceof Command)) throw new TypeError('commander calls actions with the command last')
      exitCode = await action(contextOf(world, command))
    }
  const root = rootCommand(world)
  addClusterCommands(root, runs)
  addResourceCommands(root, runs)
  addAccessCommands(root.command('access').description('Look into who may do what.'), runs)
  addUserCommands(root.command('users').description('Manage the people of the cluster.'), runs)
  addTokenCommands(root.command('tokens').description('Manage the tokens with which hosts join.'), runs)
  addLockCommands(root, runs)
  addSessionCommands(root.command('sessions').description('See and end live database sessions.'), runs)
  addRequestCommands(root.command('requests').alias('request').description('See and decide requests for access.'), runs)
  addAuditCommands(root.command('audit').description('Read the audit log.'), runs)
  root
    .command('version')
    .description('Print the version of tctl.')
    .addOption(formatOption(['text', 'json'], 'text'))
    .action(
      runs(async ({ flags }) => {
        const text = `Portunus v${world.version} tctl`
        world.terminal.answer(flags['format'] === 'json' ? JSON.stringify({ version: world.version }, undefined, 2) : text)
        return 0
      }),
    )
  return { command: root, exitCode: () => exitCode }
}

function contextOf(world: TctlWorld, command: Command): TctlContext {
  const flags: Flags = command.optsWithGlobals()
  const authServers: unknown = flags['authServer']
  return {
    world,
    globals: {
      config: typeof flags['config'] === 'string' ? flags['config'] : undefined,
      authServers: Array.isArray(authServers) ? authServers.filter((address) => typeof address === 'string') : [],
      debug: flags['debug'] === true,
    },
    flags,
    args: command.processedArgs.filter((argument) => typeof argument === 'string'),
  }
}

function rootCommand(world: TctlWorld): Command {
  return new Command('tctl')
    .description('Administrate a cluster: on the host of its Auth Service, or with a login of tsh.')
    .option('-c, --config <path>', 'configuration file of the Auth Service (TELEPORT_CONFIG_FILE)')
    .addOption(listOption('--auth-server <host:port>', 'address of the Auth Service, instead of the one in the configuration'))
    .option('-d, --debug', 'show where errors come from')
    .version(`Portunus v${world.version} tctl`, '--version', 'print the version')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.terminal.answer(text),
      writeErr: (text) => world.terminal.tell(text),
      outputError: (text, write) => write(usageText(text)),
    })
    .showSuggestionAfterError(true)
}

function addClusterCommands(root: Command, runs: Runs): void {
  root
    .command('status')
    .description('Show the cluster, its version, its certificate authorities and the CA pin.')
    .addOption(formatOption(['text', 'json'], 'text'))
    .action(runs(async (context) => (await import('./commands/status.ts')).status(context)))
  root
    .command('get')
    .description('Print resources: users, roles, locks, db, db_server; several as a comma-separated list.')
    .argument('<kind[/name]>', 'what to print, such as roles or user/alice')
    .option('-v, --verbose', 'show all labels in the table of --format=text')
    .addOption(formatOption(['yaml', 'json', 'text'], 'yaml'))
    .action(runs(async (context) => (await import('./commands/get.ts')).getResources(context)))
  root
    .command('rm')
    .alias('del')
    .description('Delete a resource: a lock, a user, a role, a token.')
    .argument('<kind/name>', 'what to delete, such as lock/<id> or user/alice')
    .action(runs(async (context) => (await import('./commands/rm.ts')).removeResource(context)))
  root
    .command('db')
    .description('Look at the databases of the cluster.')
    .command('ls')
    .description('List the databases as each agent announces them.')
    .argument('[labels]', 'only databases with these labels, as key=value,key2=value2')
    .addOption(listOption('--search <words>', 'only databases in which each of these words occurs'))
    .option('-v, --verbose', 'show everything in full')
    .addOption(formatOption(['text', 'json', 'yaml'], 'text'))
    .action(runs(async (context) => (await import('./commands/db-ls.ts')).listDatabaseServers(context)))
}

function addAccessCommands(access: Command, runs: Runs): void {
  access
    .command('explain')
    .description('Say whether a user may connect to a database, and which role grants it or what is missing.')
    .option('--user <name>', 'the user (required)')
    .option('--db <name>', 'the database (required)')
    .option('--db-user <name>', 'the database user (required)')
    .option('--db-name <name>', 'the database name (required)')
    .addOption(formatOption(['text', 'json', 'yaml'], 'text'))
    .action(runs(async (context) => (await import('./commands/access-explain.ts')).explainAccess(context)))
}

function addResourceCommands(root: Command, runs: Runs): void {
  root
    .command('create')
    .description('Create the resources of a YAML or JSON file: users, roles, tokens, databases ...')
    .argument('[file]', 'the file; standard input unless given')
    .option('-f, --force', 'replace resources that exist')
    .action(runs(async (context) => (await import('./commands/create.ts')).createResources(context)))
  root
    .command('edit')
    .description('Edit a resource in TELEPORT_EDITOR, VISUAL, EDITOR or vi.')
    .argument('<kind/name>', 'what to edit, such as role/dev')
    .action(runs(async (context) => (await import('./commands/edit.ts')).editResource(context)))
  root
    .command('update')
    .description('Set labels or expiry of a resource.')
    .argument('<kind/name>', 'what to update, such as role/dev')
    .addOption(listOption('--set-labels <key=value,...>', 'the labels it shall have'))
    .option('--set-ttl <duration>', 'how long it shall last from now on')
    .action(runs(async (context) => (await import('./commands/update.ts')).updateResource(context)))
}

function addUserCommands(users: Command, runs: Runs): void {
  addTraitOptions(users.command('add'))
    .description('Create a user and print the link with which the person chooses a password.')
    .argument('<account>', 'name of the user')
    .addOption(listOption('--roles <list>', 'roles of the user (required)'))
    .option('--ttl <duration>', 'how long the link is good, at most 48h (default: 1h)')
    .addOption(formatOption(['text', 'json'], 'text'))
    .action(runs(async (context) => (await import('./commands/users-add.ts')).addUser(context)))
  users
    .command('reset')
    .description('Take password and second factor from a user, unlock the user, and print a link for new ones.')
    .argument('<account>', 'name of the user')
    .option('--ttl <duration>', 'how long the link is good, at most 24h (default: 8h)')
    .addOption(formatOption(['text', 'json'], 'text'))
    .action(runs(async (context) => (await import('./commands/users-add.ts')).resetUser(context)))
  addTraitOptions(users.command('update'), 'set-')
    .description('Replace roles or traits of a user; what is not named stays as it is.')
    .argument('<account>', 'name of the user')
    .addOption(listOption('--set-roles <list>', 'roles of the user'))
    .action(runs(async (context) => (await import('./commands/users-update.ts')).updateUser(context)))
  users
    .command('unlock')
    .description('Lift the lock after too many failed logins.')
    .argument('<account>', 'name of the user')
    .action(runs(async (context) => (await import('./commands/users-update.ts')).unlockUser(context)))
  users
    .command('ls')
    .description('List the users.')
    .addOption(formatOption(['text', 'json'], 'text'))
    .action(runs(async (context) => (await import('./commands/users-ls.ts')).listUsers(context)))
  users
    .command('rm')
    .alias('del')
    .description('Delete users.')
    .argument('<accounts>', 'names of the users, separated by commas')
    .action(runs(async (context) => (await import('./commands/users-ls.ts')).removeUsers(context)))
}

/** Comma-separated and repeatable; templates of roles read them. */
function addTraitOptions(command: Command, prefix: '' | 'set-' = ''): Command {
  return command
    .addOption(listOption(`--${prefix}db-users <list>`, 'database users the person may be; * is any'))
    .addOption(listOption(`--${prefix}db-names <list>`, 'database names the person may open; * is any'))
    .addOption(listOption(`--${prefix}db-roles <list>`, 'database roles the person may have'))
    .addOption(listOption(`--${prefix}logins <list>`, 'system logins'))
    .addOption(listOption(`--${prefix}windows-logins <list>`, 'Windows logins'))
    .addOption(listOption(`--${prefix}kubernetes-users <list>`, 'Kubernetes users'))
    .addOption(listOption(`--${prefix}kubernetes-groups <list>`, 'Kubernetes groups'))
    .addOption(listOption(`--${prefix}aws-role-arns <list>`, 'ARNs of AWS roles'))
    .addOption(listOption(`--${prefix}azure-identities <list>`, 'Azure identities'))
    .addOption(listOption(`--${prefix}gcp-service-accounts <list>`, 'Google Cloud service accounts'))
    .addOption(listOption(`--${prefix}host-user-uid <list>`, 'user id of users made on hosts'))
    .addOption(listOption(`--${prefix}host-user-gid <list>`, 'group id of users made on hosts'))
}

function addTokenCommands(tokens: Command, runs: Runs): void {
  tokens
    .command('add')
    .description('Create a token with which hosts join the cluster, and print how to use it.')
    .addOption(listOption('--type <list>', 'what the hosts become, such as db (required)'))
    .option('--value <token>', 'the token itself (default: a random one)')
    .addOption(listOption('--labels <key=value,...>', 'labels of the token'))
    .option('--ttl <duration>', 'how long the token is good (default: 30m)')
    .option('--db-name <name>', 'name of the database resource in the printed command')
    .option('--db-protocol <protocol>', 'protocol of the database in the printed command')
    .option('--db-uri <host:port>', 'address of the database in the printed command')
    .addOption(new Option('--format <format>', 'print the token alone (text) or as a document').choices(['text', 'json', 'yaml']))
    .action(runs(async (context) => (await import('./commands/tokens-add.ts')).addToken(context)))
  tokens
    .command('ls')
    .description('List the tokens, the next to expire first; values are masked.')
    .addOption(listOption('--labels <key=value,...>', 'only tokens with these labels'))
    .addOption(new Option('--format <format>', 'form of the output').choices(['text', 'json', 'yaml']))
    .action(runs(async (context) => (await import('./commands/tokens-ls.ts')).listTokens(context)))
  tokens
    .command('rm')
    .alias('del')
    .description('Delete a token.')
    .argument('<token>', 'the whole value of the token')
    .action(runs(async (context) => (await import('./commands/tokens-ls.ts')).removeToken(context)))
}

function addAuditCommands(audit: Command, runs: Runs): void {
  audit
    .command('ls')
    .description('List what happened, oldest first.')
    .option('--from <time>', 'only events from this time on: a date, a time, or how long ago, such as 2h')
    .option('--to <time>', 'only events before this time')
    .addOption(listOption('--type <list>', 'only events of these types, such as db.session.query'))
    .option('--user <name>', 'only events of this user')
    .option('--db <name>', 'only events of this database')
    .option('--session <id>', 'only events of this session')
    .option('--limit <number>', 'how many of the newest (default: 100)')
    .addOption(formatOption(['text', 'json'], 'text'))
    .action(runs(async (context) => (await import('./commands/audit-ls.ts')).listAuditEvents(context)))
  audit
    .command('verify')
    .description('Check that no event was changed or taken out.')
    .addOption(formatOption(['text', 'json'], 'text'))
    .action(runs(async (context) => (await import('./commands/audit-ls.ts')).verifyAudit(context)))
}

function addLockCommands(root: Command, runs: Runs): void {
  const lock = root.command('lock').description('Keep out a user, a role, a database ...: live sessions end, new ones are refused.')
  for (const { flag, of } of lockTargets) lock.option(flag, `lock ${of}`)
  lock
    .option('--message <text>', 'why; whoever is kept out reads it')
    .option('--ttl <duration>', 'how long the lock lasts; until it is removed unless given')
    .option('--expires <time>', 'when the lock ends, such as 2030-01-31T12:00:00Z')
    .action(runs(async (context) => (await import('./commands/lock.ts')).createLock(context)))
}

function addSessionCommands(sessions: Command, runs: Runs): void {
  sessions
    .command('ls')
    .description('List the live database sessions.')
    .addOption(formatOption(['text', 'json', 'yaml'], 'text'))
    .action(runs(async (context) => (await import('./commands/sessions-ls.ts')).listSessions(context)))
  sessions
    .command('kill')
    .description('End a database session at once.')
    .argument('<id>', 'id of the session')
    .option('--reason <text>', 'why; the person reads it')
    .action(runs(async (context) => (await import('./commands/sessions-ls.ts')).killSession(context)))
}

function listOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, earlier: readonly string[] | undefined) => splitList(value, earlier))
}

function formatOption(choices: readonly string[], usual: string): Option {
  return new Option('-f, --format <format>', 'form of the output').choices([...choices]).default(usual)
}

export function isUsageError(error: unknown): error is CommanderError {
  return error instanceof CommanderError
}

/** commander's one line in our form. */
function usageText(text: string): string {
  const line = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
  return `ERROR: Cannot understand the command line: ${line}\nHINT: see the flags and arguments with --help\n`
}

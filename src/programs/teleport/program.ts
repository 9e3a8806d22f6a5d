/** The command line of teleport: every command and its flags. What a command does is loaded when it runs. */
import { Command } from 'commander'
import { collected } from './collected.ts'
import { addConfigureFlags, addDatabaseConfigureFlags } from './configure-flags.ts'
import type { Flags } from './flag-values.ts'
import { addBootstrapFlags, addCreateIamFlags, addPrintIamFlags } from './iam-flags.ts'
import type { TeleportWorld } from './world.ts'

type Action = (world: TeleportWorld, flags: Flags) => Promise<number>

export interface TeleportProgram {
  readonly command: Command
  exitCode(): number
}

export function teleportProgram(world: TeleportWorld): TeleportProgram {
  let exitCode = 0
  const runs = (action: Action) => async (_flags: unknown, command: Command) => {
    exitCode = await action(world, command.optsWithGlobals())
  }
  const root = rootCommand(world)
  root
    .command('start')
    .description('Start the services that the configuration enables.')
    .option('-c, --config <path>', 'configuration file (TELEPORT_CONFIG_FILE; /etc/teleport.yaml where it exists)')
    .option('--roles <list>', 'which services run: auth, proxy, db')
    .option('--token <token>', 'join token, or the absolute path of the file that holds it')
    .option('--ca-pin <sha256:hex>', 'pin of the host certificate authority; may be repeated', collected, [])
    .option('--auth-server <host:port>', 'the Auth Service of the cluster')
    .option('--nodename <name>', 'name of this host in the cluster')
    .option('--data-dir <path>', 'where the services keep their data')
    .option('--pid-file <path>', 'file to write the process id to')
    .option('--insecure', "do not verify the proxy's certificate; for tests only")
    .action(runs(async (given, flags) => (await import('./commands/start.ts')).start(given, flags)))
  addConfigureFlags(root.command('configure').description('Print a configuration that works, for all services of a small cluster.')).action(
    runs(async (given, flags) => (await import('./commands/configure.ts')).configure(given, flags)),
  )
  const configure = root
    .command('db')
    .description('Set up the Database Service.')
    .command('configure')
    .description('Write its configuration.')
  addDatabaseConfigureFlags(configure.command('create').description('Create a configuration for the Database Service.')).action(
    runs(async (given, flags) => (await import('./commands/db-configure-create.ts')).createDatabaseConfiguration(given, flags)),
  )
  addIamCommands(configure, runs)
  root
    .command('install')
    .description('Install teleport on this host.')
    .command('systemd')
    .description('Create a systemd unit for teleport.')
    .option('-o, --output <destination>', 'stdout, or the absolute path of the file to write', 'stdout')
    .option('--env-file <path>', 'file with environment variables for the service', '/etc/default/teleport')
    .option('--pid-file <path>', 'where the service writes its process id', '/run/teleport.pid')
    .option('--fd-limit <number>', 'how many files the service may open', '524288')
    .option('--teleport-path <path>', 'absolute path of the teleport program')
    .action(runs(async (given, flags) => (await import('./commands/install-systemd.ts')).installSystemd(given, flags)))
  root
    .command('version')
    .description('Print the version of teleport.')
    .action(
      runs(async () => {
        world.terminal.answer(`Portunus v${world.version} teleport`)
        return 0
      }),
    )
  return { command: root, exitCode: () => exitCode }
}

type Runs = (action: Action) => (flags: unknown, command: Command) => Promise<void>

function addIamCommands(configure: Command, runs: Runs): void {
  addBootstrapFlags(configure.command('bootstrap').description('Set up the IAM permissions that a configuration needs.')).action(
    runs(async (given, flags) => (await import('./commands/db-configure-bootstrap.ts')).bootstrap(given, flags)),
  )
  const aws = configure.command('aws').description('Set up AWS for the Database Service.')
  addCreateIamFlags(aws.command('create-iam').description('Create the IAM policies that types of databases need.')).action(
    runs(async (given, flags) => (await import('./commands/db-configure-aws-create-iam.ts')).createIam(given, flags)),
  )
  addPrintIamFlags(aws.command('print-iam').description('Print the IAM policies that types of databases need.')).action(
    runs(async (given, flags) => (await import('./commands/db-configure-aws-print-iam.ts')).printIam(given, flags)),
  )
}

function rootCommand(world: TeleportWorld): Command {
  return new Command('teleport')
    .description('The daemon of Portunus: Auth Service, Proxy Service and Database Service.')
    .option('-d, --debug', 'log more, and show where errors come from')
    .version(`Portunus v${world.version} teleport`, '--version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.terminal.answer(text),
      writeErr: (text) => world.terminal.tell(text),
      outputError: (text, write) => write(usageText(text)),
    })
    .showSuggestionAfterError(true)
}

/** commander's own words, with the way on. */
function usageText(text: string): string {
  return `${text.trimEnd().replace(/^error: /, 'ERROR: ')}\nHINT: see the flags with: teleport help\n`
}

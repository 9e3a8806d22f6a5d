/** The flags of the commands that set up IAM, as the guide and its reference name them. */
import type { Command } from 'commander'

const types = 'types of databases: rds, rdsproxy, redshift, redshift-serverless, separated by commas'
const assumesRoles = 'roles it may assume, such as the roles people sign in as: names or ARNs, separated by commas'
const check = 'compare with what the identity may do now, change nothing; exit code 1 when something is missing'
const format = 'how to print: text, json, terraform, cloudformation or aws-cli'

export function addPrintIamFlags(command: Command): Command {
  return command
    .option('-r, --types <list>', types)
    .option('--role <name>', 'role to attach to: a name or an ARN')
    .option('--user <name>', 'user to attach to: a name or an ARN')
    .option('--assumes-roles <list>', assumesRoles)
    .option('--name <name>', 'name of the policy')
    .option('--policy', 'print the policy document alone')
    .option('--boundary', 'refused: no permissions boundary is needed')
    .option('--format <format>', format)
}

export function addCreateIamFlags(command: Command): Command {
  return command
    .option('-r, --types <list>', types)
    .option('--name <name>', 'name of the policy (DatabaseAccess)')
    .option('--role <name>', 'role to attach to: a name or an ARN')
    .option('--user <name>', 'user to attach to: a name or an ARN')
    .option('--no-attach', 'create the policy and attach it to nobody')
    .option('--attach', 'attach it to the user or role (the default when one is named)')
    .option('--assumes-roles <list>', assumesRoles)
    .option('--confirm', 'do not ask')
    .option('--check', check)
}

export function addBootstrapFlags(command: Command): Command {
  return command
    .option('-c, --config <path>', 'configuration file of the Database Service (/etc/teleport.yaml)')
    .option('--manual', 'print what is needed and ask nothing of AWS')
    .option('--attach-to-user <user>', 'user the Database Service runs as: a name or an ARN')
    .option('--attach-to-role <role>', 'role the Database Service runs as or assumes: a name or an ARN')
    .option('--policy-name <name>', 'name of the policy (DatabaseAccess)')
    .option('--confirm', 'do not ask')
    .option('--check', check)
    .option('--all-roles', 'set up the roles of the configuration in this account as well')
    .option('--assumes-roles <list>', assumesRoles)
    .option('--format <format>', format)
}

/** The flags of the commands that write configurations, as the guide and its reference name them. */
import type { Command } from 'commander'
import { collected } from './collected.ts'

export function addConfigureFlags(command: Command): Command {
  return command
    .option('--cluster-name <name>', 'name of the cluster; fixed at its first start')
    .option('--public-addr <host:port>', 'where people reach the proxy')
    .option('--cert-file <path>', "the proxy's certificate chain in PEM")
    .option('--key-file <path>', 'the private key of that certificate')
    .option('--data-dir <path>', 'where the services keep their data')
    .option('--token <token>', 'join token, or the absolute path of its file')
    .option('--ca-pin <sha256:hex>', 'pin of the host certificate authority; may be repeated', collected, [])
    .option('--roles <list>', 'which services run here: auth, proxy, db')
    .option('--proxy <host:port>', 'the proxy that an agent dials')
    .option('--auth-server <host:port>', 'the Auth Service of the cluster')
    .option('--version <v3>', 'version of the file', 'v3')
    .option('--test <file>', 'check a configuration file and write nothing')
    .option('-o, --output <destination>', 'stdout, file (/etc/teleport.yaml) or an absolute path', 'stdout')
}

export function addDatabaseConfigureFlags(command: Command): Command {
  command
    .option('--proxy <host:port>', 'the proxy to dial')
    .option('--token <token>', 'join token, or the absolute path of its file')
    .option('--ca-pin <sha256:hex>', 'pin of the host certificate authority; may be repeated', collected, [])
    .option('--name <name>', 'name of the database in the cluster')
    .option('--protocol <protocol>', 'protocol of the database: postgres')
    .option('--uri <host:port>', 'address of the database')
    .option('--labels <name=value,...>', 'labels of the database')
    .option('--ca-cert-file <path>', "authority of the database's certificate, in PEM")
    .option('--dynamic-resources-labels <name=value,...>', 'also serve databases with these labels; may be repeated', collected, [])
    .option('--aws-tags <name=value,...>', 'tags that discovered databases must have')
    .option('--aws-region <region>', 'AWS region of the database')
    .option('--aws-account-id <id>', 'AWS account of the database')
    .option('--aws-assume-role-arn <arn>', 'IAM role to assume first')
    .option('--aws-external-id <id>', 'external id for that role')
    .option('--aws-redshift-cluster-id <id>', 'Redshift cluster id')
    .option('--aws-rds-instance-id <id>', 'RDS instance id')
    .option('--aws-rds-cluster-id <id>', 'RDS cluster id')
  for (const type of discoveryTypes) {
    command.option(`--${type}-discovery <region,...>`, `discover ${type} databases in these regions; may be repeated`, collected, [])
  }
  return command
    .option('--data-dir <path>', 'where the service keeps its data')
    .option('-o, --output <destination>', 'stdout, file (/etc/teleport.yaml) or an absolute path', 'stdout')
}

export const discoveryTypes = ['rds', 'rdsproxy', 'redshift', 'redshift-serverless'] as const

/** The parts of a configuration file that decide about IAM permissions. */
import type { IamConfiguration } from '#aws-model'
import { parseTeleportYaml } from '#configuration'
import type { TeleportWorld } from '../world.ts'

/** Throws CONFIGURATION_REFUSED, FILE_NOT_FOUND or FILE_ACCESS_DENIED. */
export async function readIamConfiguration(world: TeleportWorld, path: string): Promise<IamConfiguration> {
  const { database, discovery } = parseTeleportYaml(await world.files.readText(path), { path, hostname: world.machine.hostname })
  return {
    databases: database.databases,
    // Discovery in the same process has the same identity, and its roles are those of the databases it finds.
    matchers: [...database.awsMatchers, ...(discovery.enabled ? discovery.awsMatchers : [])],
    overrides: database.resources,
  }
}

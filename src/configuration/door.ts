/**
 * Configuration: teleport.yaml v3 to a value and back, what `teleport start` runs without a file, and the texts that
 * `teleport configure`, `teleport db configure create` and `teleport install systemd` print; the YAML texts of resources. Pure: it opens no file and asks for no name.
 */
export {
  defaultConfiguration,
  defaultConfigurationPath,
  defaultDataDirectory,
  type AuthConfiguration,
  type AwsMatcher,
  type AwsMatcherType,
  type DatabaseConfiguration,
  type DiscoveryConfiguration,
  type HostFacts,
  type HttpsKeypair,
  type LogConfiguration,
  type ProxyConfiguration,
  type ResourceMatcher,
  type StaticToken,
  type TeleportConfiguration,
} from './configuration.ts'
export { placeOf, type ConfigurationWarning, type Problem } from './problem.ts'
export { parseTeleportYaml, type ParseOptions } from './parse-teleport-yaml.ts'
export { overrideConfiguration, type StartFlags } from './override-configuration.ts'
export { printConfiguration, type ConfigurationFlags } from './print-configuration.ts'
export { printDatabaseConfiguration, type DatabaseConfigurationFlags } from './print-database-configuration.ts'
export { readResourceDocuments, resourceTextLengthMax, type ResourceText } from './resource-documents.ts'
export { outputDestination, type OutputDestination, type OutputOptions } from './output-destination.ts'
export { printSystemdUnit, type SystemdUnitFlags } from './systemd-unit.ts'

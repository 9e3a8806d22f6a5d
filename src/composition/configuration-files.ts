/** The files a configuration names: authorities of databases and pins, read when the services start. */
import type { DatabaseConfiguration, TeleportConfiguration } from '#configuration'
import type { StaticToken } from '#authority'
import { PortunusError, Secret, type Files } from '#foundation'
import type { Database } from '#resources'

/** The static databases, each with the authorities of its `tls.ca_cert_file`. Throws FILE_NOT_FOUND and the like. */
export async function readDatabases(configuration: DatabaseConfiguration, files: Files): Promise<readonly Database[]> {
  return await Promise.all(configuration.databases.map((database) => withAuthorities(database, configuration, files)))
}

async function withAuthorities(database: Database, configuration: DatabaseConfiguration, files: Files): Promise<Database> {
  const path = configuration.caCertFiles[database.metadata.name]
  if (path === undefined) return database
  const caCert = await files.readText(path)
  return { ...database, spec: { ...database.spec, tls: { ...database.spec.tls, caCert } } }
}

/** The pins of the configuration and of the files it names, one per line. */
export async function readCaPins(configuration: TeleportConfiguration, files: Files): Promise<readonly string[]> {
  const texts = await Promise.all(configuration.caPinFiles.map((path) => files.readText(path)))
  const lines = texts.flatMap((text) => text.split('\n')).map((line) => line.trim())
  return [...configuration.caPins, ...lines.filter((line) => line !== '')]
}

/** The tokens of `auth_service.tokens`, read from their files where they name one. Throws STATIC_TOKEN_EMPTY, FILE_NOT_FOUND and the like. */
export async function readStaticTokens(configuration: TeleportConfiguration, files: Files): Promise<readonly StaticToken[]> {
  return await Promise.all(
    configuration.auth.staticTokens.map(async ({ roles, token }) => {
      const written = token.reveal()
      if (!written.startsWith('/')) return { roles, value: token }
      const value = (await files.readText(written)).trim()
      if (value !== '') return { roles, value: new Secret(value) }
      throw new PortunusError('STATIC_TOKEN_EMPTY', `Cannot use the join token of "${written}": the file is empty`, {
        category: 'bad-input',
        hint: 'write the token into the file, or take it out of auth_service.tokens',
      })
    }),
  )
}

/** Keeps `~/.pg_service.conf` in step with the databases one is logged into. */
import { serviceName, servicePath, withService, withoutService } from '#client'
import type { TshContext } from './context.ts'

export async function rememberService(
  context: TshContext,
  section: { readonly cluster: string; readonly database: string; readonly entries: Readonly<Record<string, string>> },
): Promise<void> {
  await editServiceFile(context, (text) => withService(text, serviceName(section.cluster, section.database), section.entries))
}

export async function forgetServices(context: TshContext, cluster: string, databases: readonly string[]): Promise<void> {
  if (databases.length === 0) return
  await editServiceFile(context, (text) =>
    databases.reduce((remaining, database) => withoutService(remaining, serviceName(cluster, database)), text),
  )
}

async function editServiceFile({ world }: TshContext, edit: (text: string) => string): Promise<void> {
  const path = servicePath(world.homeDirectory)
  const { files } = world.client
  const text = (await files.readTextIfPresent(path)) ?? ''
  const edited = edit(text)
  if (edited === text) return
  await files.writeText(path, edited, { mode: (await files.information(path))?.mode ?? 0o600 })
}

/** Getting people onto the stage: created by the administrator, signed up through their invite, logged in with tsh. */
import assert from 'node:assert/strict'
import { databaseConfigurationCommand, password, type Person, type Stage } from '../../lab/stage/stage.ts'

/** Creates the user with `tctl users add` and redeems the invite. */
export async function addPerson(stage: Stage, name: string, flags: readonly string[]): Promise<Person> {
  const added = await stage.run('tctl', ['users', 'add', ...flags, name])
  assert.equal(added.exitCode, 0, added.stderr)
  const url = /https:\/\/\S+\/web\/invite\/[0-9a-f]{32}/.exec(added.stdout)?.[0]
  assert.ok(url, added.stdout)
  return await stage.signUp(name, url)
}

export async function logIn(stage: Stage, person: Person): Promise<void> {
  const pin = await caPin(stage)
  const input = `${password}\n${await person.authenticator.nextCode()}\n`
  const args = ['login', `--proxy=${stage.proxyAddress}`, `--user=${person.name}`, `--ca-pin=${pin}`]
  const outcome = await stage.run('tsh', args, { person: person.name, input })
  assert.equal(outcome.exitCode, 0, outcome.stderr)
}

export async function caPin(stage: Stage): Promise<string> {
  const status = await stage.run('tctl', ['status'])
  const pin = /sha256:[0-9a-f]{64}/.exec(status.stdout)?.[0]
  assert.ok(pin, status.stdout + status.stderr)
  return pin
}

/** Writes the join token and the agent's configuration as the guide's step 2 does. */
export async function configureAgent(stage: Stage, databaseName: string): Promise<void> {
  const { writeFile } = await import('node:fs/promises')
  const token = await stage.run('tctl', ['tokens', 'add', '--type=db', '--format=text'])
  assert.match(token.stdout, /^[0-9a-f]{32}\n$/)
  await writeFile(stage.tokenPath, token.stdout, { mode: 0o600 })
  const created = await stage.run('teleport', databaseConfigurationCommand(stage, databaseName))
  assert.equal(created.exitCode, 0, created.stderr)
}

export interface AuditEvent {
  readonly event: string
  readonly code: string
  readonly [field: string]: unknown
}

/** All events, oldest first. */
export async function auditEvents(stage: Stage): Promise<readonly AuditEvent[]> {
  const listed = await stage.run('tctl', ['audit', 'ls', '--format=json', '--limit=10000'])
  assert.equal(listed.exitCode, 0, listed.stderr)
  const events: unknown = JSON.parse(listed.stdout)
  assert.ok(Array.isArray(events))
  return events
}

/** Asks again until the condition holds; fails with the last answer after 15 s. */
export async function eventually<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
  const until = Date.now() + 15_000
  for (;;) {
    const answer = await ask()
    if (holds(answer)) return answer
    if (Date.now() > until) assert.fail(`it never came true: ${JSON.stringify(answer).slice(0, 2000)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

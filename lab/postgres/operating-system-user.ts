/** Under which operating-system user PostgreSQL runs: it refuses to be root, so root lends it an unprivileged user that exists. */
import { readFile } from 'node:fs/promises'
import { PortunusError } from '#foundation'

export interface OperatingSystemUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

const candidates = ['postgres', 'nobody']

/** Undefined when this process is not root and needs no other user. Throws LAB_OS_USER_MISSING. */
export async function findOperatingSystemUser(): Promise<OperatingSystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '')
  for (const candidate of candidates) {
    const user = findInPasswd(passwd, candidate)
    if (user !== undefined) return user
  }
  throw new PortunusError(
    'LAB_OS_USER_MISSING',
    'Cannot run PostgreSQL as "root": no unprivileged user "postgres" or "nobody" in /etc/passwd',
    {
      category: 'unsupported',
      hint: 'run the lab as an ordinary user, or create one with: useradd --system postgres',
    },
  )
}

/** The user of that name, unless it is root in disguise. */
function findInPasswd(passwd: string, name: string): OperatingSystemUser | undefined {
  for (const line of passwd.split('\n')) {
    const [lineName, , uidText = '', gidText = ''] = line.split(':')
    const uid = Number(uidText)
    const gid = Number(gidText)
    if (lineName === name && /^\d+$/.test(uidText) && /^\d+$/.test(gidText) && uid !== 0) return { name, uid, gid }
  }
  return undefined
}

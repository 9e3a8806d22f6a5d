/** The shared credentials and config files of AWS: text to profiles. It knows the format and reads no file. */

export type Profile = Readonly<Record<string, string>>
export type Profiles = ReadonlyMap<string, Profile>

export type ProfileFileKind = 'credentials' | 'config'

/**
 * Reads a shared file (AWS SDKs and Tools Reference Guide, "Shared config and credentials files").
 * In the config file a profile's section is called `[profile name]`, save for `[default]`; other sections are passed over.
 * Indented lines belong to a nested setting and are passed over; a line that means nothing is passed over too.
 */
export function parseProfiles(text: string, kind: ProfileFileKind): Profiles {
  const profiles = new Map<string, Record<string, string>>()
  let current: Record<string, string> | undefined
  for (const line of text.replace(/^\ufeff/, '').split(/\r?\n/)) {
    const section = /^\[([^\]]*)\]/.exec(line)?.[1]
    if (section !== undefined) {
      const name = profileName(section.trim(), kind)
      current = name === undefined ? undefined : (profiles.get(name) ?? {})
      if (name !== undefined && current !== undefined) profiles.set(name, current)
      continue
    }
    const [, key, value] = /^([^\s#;=][^=]*?)\s*=\s*(.*)$/.exec(line) ?? []
    if (current === undefined || key === undefined || value === undefined || key === '__proto__') continue
    current[key.toLowerCase()] = value.replace(/\s[#;].*$/, '').trim()
  }
  return profiles
}

function profileName(section: string, kind: ProfileFileKind): string | undefined {
  if (kind === 'credentials') return unquoted(section)
  if (section === 'default') return 'default'
  const name = /^profile\s+(.+)$/.exec(section)?.[1]
  return name === undefined ? undefined : unquoted(name.trim())
}

function unquoted(name: string): string {
  return /^"(.*)"$/.exec(name)?.[1] ?? /^'(.*)'$/.exec(name)?.[1] ?? name
}

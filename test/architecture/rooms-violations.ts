/** Finds where the code leaves its rooms: by import, by package, by global name, by size, or without a sign on the door. */
import { readFileSync, readdirSync } from 'node:fs'
import { join, posix } from 'node:path'
import { annexes, neverImported, rooms, roomsOfTheMachine, type Annex, type Room } from './rooms.ts'
import { readSource, type Import, type SourceFile } from './source-file.ts'

export interface HouseFile extends SourceFile {
  /** Relative to the package, with slashes. */
  readonly path: string
  readonly place: Place
  readonly isTest: boolean
}

type Place =
  | { readonly kind: 'room'; readonly name: string }
  | { readonly kind: 'annex'; readonly name: string }
  | { readonly kind: 'test' }
  | { readonly kind: 'nowhere'; readonly name: string }

const linesMax = 400
const forbiddenWords = /(?:^|-)(?:utils?|helpers?|misc|manager)(?:-|$)|^(?:common|shared|index)$/
/** Tests, the contracts that several tests share, and their samples. */
const testFile = /\.(?:test|fixture)\.tsx?$|-contract\.ts$|\/testing\//

// Style 4.3, absence 3: these occur where the machine is met, and nowhere else.
const machineNames =
  /^(?:process|fetch|globalThis|console|performance|setTimeout|setInterval)(?:\.|$)|^(?:Date\.(?:now|new\(\))|Date\(\)|Math\.random|AbortSignal\.timeout)$/
const chanceNames = /^(?:randomBytes|randomUUID|randomInt|randomFill|randomFillSync|getRandomValues)$/
// Style 4.6, trap 1: a TLSSocket that verifies nobody is made by one wrong option.
const endpointNames = /^(?:TLSSocket|createServer|createSecureServer)$/

/** Every source file of the repository, read. */
export function readHouse(root: string): readonly HouseFile[] {
  const folders = ['src', 'lab', 'web/src', 'scripts', 'test', 'bench']
  return folders.flatMap((folder) => filesUnder(root, folder)).map((path) => readHouseFile(root, path))
}

/** One sentence for each violation, each beginning with the path of its file. */
export function violationsOf(files: readonly HouseFile[]): readonly string[] {
  return files.flatMap((file) =>
    [...signViolations(file), ...importViolations(file), ...nameViolations(file)].map((text) => `${file.path}: ${text}`),
  )
}

/** Rooms without a door, doors without a room, and permissions that nobody uses. */
export function tableViolations(files: readonly HouseFile[], doors: readonly string[]): readonly string[] {
  const paths = new Set(files.map((file) => file.path))
  const roomNames = Object.keys(rooms).filter((name) => name !== 'programs')
  return [
    ...roomNames.filter((name) => !paths.has(`src/${name}/door.ts`)).map((name) => `the room "${name}" has no door.ts`),
    ...roomNames.filter((name) => !doors.includes(`#${name}`)).map((name) => `package.json#imports lacks "#${name}"`),
    ...doors.filter((door) => !roomNames.includes(door.slice(1))).map((door) => `package.json#imports has "${door}", which is no room`),
    ...Object.entries(rooms).flatMap(([name, room]) => unusedPermissions(name, room, files)),
    ...upwardArrows(),
  ]
}

function upwardArrows(): readonly string[] {
  const order = Object.keys(rooms)
  return Object.entries(rooms).flatMap(([name, room]) =>
    room.imports
      .filter((target) => order.indexOf(target) >= order.indexOf(name))
      .map((target) => `the arrow from "${name}" to "${target}" goes up`),
  )
}

function unusedPermissions(name: string, room: Room, files: readonly HouseFile[]): readonly string[] {
  const mine = files.filter((file) => file.place.kind === 'room' && file.place.name === name && !file.isTest)
  const imported = mine.flatMap((file) => file.imports)
  const touches = [...room.touches, ...(room.touchesLazily ?? [])].filter((touch) => touch !== 'node:*')
  return [
    ...room.imports.filter((target) => !imported.some(({ specifier }) => specifier === `#${target}`)),
    ...touches.filter((touch) => !imported.some(({ specifier }) => covers(touch, specifier))),
  ].map((permission) => `"${name}" may use "${permission}" and never does; remove the permission`)
}

function readHouseFile(root: string, path: string): HouseFile {
  const source = readSource(readFileSync(join(root, path), 'utf8'), path.endsWith('.tsx'))
  return { ...source, path, place: placeOf(path), isTest: testFile.test(path) || path.startsWith('test/') }
}

function filesUnder(root: string, folder: string): readonly string[] {
  let names: readonly string[]
  try {
    names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  } catch {
    return []
  }
  return names
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .toSorted()
}

function placeOf(path: string): Place {
  const [top = '', room = ''] = path.split('/')
  if (top === 'test') return { kind: 'test' }
  if (top === 'src') return rooms[room] === undefined ? { kind: 'nowhere', name: room } : { kind: 'room', name: room }
  const annex = Object.entries(annexes).find(([, { folder }]) => path.startsWith(`${folder}/`))
  return annex === undefined ? { kind: 'nowhere', name: top } : { kind: 'annex', name: annex[0] }
}

function signViolations(file: HouseFile): readonly string[] {
  const segments = file.path.split('/').map((segment) => segment.split('.')[0] ?? '')
  return [
    ...(file.lines > linesMax ? [`has ${file.lines} lines; at most ${linesMax}`] : []),
    ...(file.opensWithComment ? [] : ['does not open with a comment that says what it knows']),
    ...(file.path.endsWith('/door.ts') && !file.opensWithDocumentation ? ['a door opens with a doc comment'] : []),
    ...segments.filter((segment) => forbiddenWords.test(segment)).map((segment) => `the name "${segment}" says nothing`),
    ...(file.place.kind === 'nowhere' ? [`there is no room "${file.place.name}" in test/architecture/rooms.ts`] : []),
  ]
}

function importViolations(file: HouseFile): readonly string[] {
  const { place } = file
  if (place.kind === 'nowhere' || place.kind === 'test') return []
  const allowed: Room | Annex | undefined = place.kind === 'room' ? rooms[place.name] : annexes[place.name]
  if (allowed === undefined) return []
  return file.imports.flatMap((each) => importRefusal(file, each, allowed) ?? [])
}

function importRefusal(file: HouseFile, imported: Import, allowed: Room | Annex): string | undefined {
  const { specifier } = imported
  if (specifier === '<computed>') return file.place.kind === 'room' ? 'imports something that is only known at run time' : undefined
  if (specifier.startsWith('.')) return relativeRefusal(file, specifier)
  const name = file.path.split('/')[1] ?? ''
  if (specifier.startsWith('#')) {
    const isAllowed = file.isTest || allowed.imports.includes(specifier.slice(1)) || specifier === `#${name}`
    if (specifier === `#${name}`) return `imports its own door; import the file`
    return isAllowed ? undefined : `may not import "${specifier}"`
  }
  if (file.isTest || allowed.touches === undefined) return undefined
  return packageRefusal(imported, allowed)
}

function relativeRefusal(file: HouseFile, specifier: string): string | undefined {
  const target = posix.join(posix.dirname(file.path), specifier)
  const home = file.place.kind === 'room' ? `src/${file.place.name}/` : file.path.split('/').slice(0, 1).join('/') + '/'
  if (target.startsWith(home)) return !file.isTest && testFile.test(target) ? `is no test and imports "${specifier}", which is` : undefined
  if (file.isTest && /^(?:test|lab)\//.test(target)) return undefined
  if (target === 'package.json') return undefined
  if (file.place.kind === 'annex' && annexes[file.place.name]?.leansOn?.includes(target.split('/')[0] ?? '') === true) return undefined
  if (target.startsWith('src/')) return `reaches "${target}" past its door; import "#${target.split('/')[1]}"`
  return neverImported.includes(target.split('/')[0] ?? '') || file.place.kind === 'room' ? `may not import "${target}"` : undefined
}

function packageRefusal({ specifier, kind, names }: Import, allowed: Room | Annex): string | undefined {
  if (kind === 'type' && specifier.startsWith('node:')) return undefined
  const lazily = 'touchesLazily' in allowed ? (allowed.touchesLazily ?? []) : []
  if (lazily.some((touch) => covers(touch, specifier))) return kind === 'static' ? `may only load "${specifier}" lazily` : undefined
  const touch = (allowed.touches ?? []).find((each) => covers(each, specifier))
  if (touch === undefined) return `may not touch "${specifier}"`
  const permitted = /\((.*)\)$/.exec(touch)?.[1]?.split(',')
  const refused = permitted === undefined ? [] : names.filter((name) => !permitted.includes(name))
  return refused.length === 0 ? undefined : `may not touch "${refused.join('", "')}" of "${specifier}"`
}

function covers(touch: string, specifier: string): boolean {
  const name = touch.replace(/\(.*\)$/, '')
  return name.endsWith('*') ? specifier.startsWith(name.slice(0, -1)) : specifier === name || specifier.startsWith(`${name}/`)
}

function nameViolations(file: HouseFile): readonly string[] {
  if (file.place.kind !== 'room' || file.isTest) return []
  const room = file.place.name
  const machine = roomsOfTheMachine.includes(room) ? [] : file.globals.filter(({ name }) => machineNames.test(name))
  const chance = roomsOfTheMachine.includes(room) ? [] : file.mentions.filter(({ name }) => chanceNames.test(name))
  const endpoints = room === 'world' ? [] : file.mentions.filter(({ name }) => endpointNames.test(name))
  return [...machine, ...chance, ...endpoints].map(
    ({ name, line }) => `uses "${name.replace('.new()', '() of this moment')}" in line ${line}`,
  )
}

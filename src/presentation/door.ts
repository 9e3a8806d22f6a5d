/**
 * Presentation: how anything looks in a terminal. Tables, JSON, YAML, errors and times become text; no text ends with a
 * line feed, and none lets a value command the terminal. Chooses no exit code and writes nothing.
 */
export { headlessTable, table, type TableOptions } from './table.ts'
export { printJson, printYaml, printYamlDocuments } from './documents.ts'
export { printError } from './error-text.ts'
export { longDuration, relativeTime, rfc1123Time, rfc822Time, statusTime, validity } from './time-text.ts'
export { allowedUsersCell, labelsCell } from './cells.ts'
export { safeLines, safeText } from './safe-text.ts'

/** Tables as the guide shows them: a header, dashes under it, rows; columns padded by blanks. */
import { safeText } from './safe-text.ts'
import { cutTo, padEnd, widthOf } from './width.ts'

export interface TableOptions {
  /** Columns of the terminal; absent: nothing is cut. */
  readonly width?: number | undefined
  /** The column that is cut where a row is wider; by default `Labels`, where there is one, else the last. */
  readonly cut?: string
}

const cellWidthMin = 5
const cutColumnWidthMin = 8

/** The table without a line feed at its end. Cells are made safe for terminals; missing ones are empty. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[], options: TableOptions = {}): string {
  const cells = rows.map((row) => columns.map((_, index) => safeText(row[index] ?? '')))
  const titles = columns.map(safeText)
  const widths = fit(widthsOf([titles, ...cells]), columns, options)
  const header = line(titles, widths)
  const dashes = line(
    widths.map((width) => '-'.repeat(width)),
    widths,
  )
  return [header, dashes, ...cells.map((row) => line(row, widths))].join('\n')
}

/** Rows under each other without a header, as `tctl status` prints them. */
export function headlessTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(safeText))
  const widths = widthsOf(cells)
  return cells.map((row) => line(row, widths)).join('\n')
}

function widthsOf(lines: readonly (readonly string[])[]): readonly number[] {
  const columns = Math.max(0, ...lines.map((cells) => cells.length))
  return Array.from({ length: columns }, (_, index) => lines.reduce((widest, cells) => Math.max(widest, widthOf(cells[index] ?? '')), 0))
}

/** The widths with the cut column made as narrow as the terminal asks, but never too narrow to say anything. */
function fit(widths: readonly number[], columns: readonly string[], { width, cut }: TableOptions): readonly number[] {
  if (width === undefined) return widths
  const found = columns.indexOf(cut ?? 'Labels')
  const target = found === -1 ? columns.length - 1 : found
  const others = widths.reduce((sum, each, index) => (index === target ? sum : sum + cellWidth(each)), 0)
  return widths.map((each, index) => (index === target ? Math.min(each, Math.max(width - others, cutColumnWidthMin)) : each))
}

function line(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, index) => padEnd(cutTo(cell, widths[index] ?? 0), cellWidth(widths[index] ?? 0)))
  return padded.join('').trimEnd()
}

/** One blank between columns, and no column narrower than five, as the Go tables people know from upstream. */
function cellWidth(width: number): number {
  return Math.max(width + 1, cellWidthMin)
}

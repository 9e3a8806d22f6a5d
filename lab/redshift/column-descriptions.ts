/** Where result columns come from, for the extended RowDescription: asked from PostgreSQL's catalogue afresh, so never stale. */
import type { Administration } from '../postgres/administration.ts'

export interface ColumnOrigin {
  readonly tableOid: number
  readonly columnNumber: number
}

export interface ColumnDescription {
  readonly schema: string
  readonly table: string
  readonly column: string
  readonly notNull: boolean
  readonly autoIncrement: boolean
}

const query = `
  SELECT a.attrelid::bigint::text || ':' || a.attnum AS origin, n.nspname AS schema, c.relname AS table, a.attname AS column,
         a.attnotnull AS not_null, a.attidentity <> '' AS auto_increment
    FROM unnest($1::bigint[], $2::int[]) AS wanted (table_oid, column_number)
    JOIN pg_attribute a ON a.attrelid = wanted.table_oid::oid AND a.attnum = wanted.column_number
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
`

export function originKey({ tableOid, columnNumber }: ColumnOrigin): string {
  return `${tableOid}:${columnNumber}`
}

/** By `originKey`. Columns of tables that no other session can see yet are left out. */
export async function describeColumns(
  administration: Administration,
  options: { readonly database: string; readonly origins: readonly ColumnOrigin[] },
): Promise<ReadonlyMap<string, ColumnDescription>> {
  const origins = options.origins.filter(({ tableOid }) => tableOid !== 0)
  if (origins.length === 0) return new Map()
  const parameters = [origins.map(({ tableOid }) => tableOid), origins.map(({ columnNumber }) => columnNumber)]
  const rows = await administration.query(options.database, query, parameters)
  return new Map(
    rows.map((row) => [
      String(row['origin']),
      {
        schema: String(row['schema']),
        table: String(row['table']),
        column: String(row['column']),
        notNull: row['not_null'] === true,
        autoIncrement: row['auto_increment'] === true,
      },
    ]),
  )
}

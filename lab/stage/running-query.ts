/** Looks, past every rule, at what the database behind the lab is running. */
import pg from 'pg'

const waitMillisecondsMax = 20_000
const pollMilliseconds = 50

/** Resolves when a query with this text runs; rejects when none has in time. */
export async function whenRunning(superuserDsn: string, queryPart: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuserDsn })
  await client.connect()
  try {
    const until = Date.now() + waitMillisecondsMax
    while (Date.now() < until) {
      const found = await client.query(
        `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()`,
        [queryPart],
      )
      if (found.rows.length > 0) return
      await new Promise((resolve) => setTimeout(resolve, pollMilliseconds))
    }
    throw new Error(`no query like "${queryPart}" ran in time`)
  } finally {
    await client.end()
  }
}

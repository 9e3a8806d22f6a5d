/** Which secrets are blanked in which SQL, and what is left alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { redactSql } from './redact-sql.ts'

const blanked: readonly [string, string, string][] = [
  ['a password of a new user', `CREATE USER bob PASSWORD 'hunter2'`, `CREATE USER bob PASSWORD '<redacted>'`],
  ['a password in any letters', `alter user bob password 'hunter2'`, `alter user bob password '<redacted>'`],
  [
    'an encrypted password, and what follows it stays',
    `ALTER ROLE bob WITH ENCRYPTED PASSWORD 'md5abc' VALID UNTIL '2030-01-01'`,
    `ALTER ROLE bob WITH ENCRYPTED PASSWORD '<redacted>' VALID UNTIL '2030-01-01'`,
  ],
  ['a password with doubled quotes', `ALTER USER bob PASSWORD 'it''s ''me'''; SELECT 1`, `ALTER USER bob PASSWORD '<redacted>'; SELECT 1`],
  ['an escape literal', String.raw`ALTER USER bob PASSWORD E'hun\'ter2' VALID`, `ALTER USER bob PASSWORD E'<redacted>' VALID`],
  ['a Unicode literal', String.raw`ALTER USER bob PASSWORD U&'\0068unter2'`, `ALTER USER bob PASSWORD U&'<redacted>'`],
  ['a dollar quote', `ALTER USER bob PASSWORD $$hunter'2$$ VALID`, `ALTER USER bob PASSWORD $$<redacted>$$ VALID`],
  ['a tagged dollar quote', `ALTER USER bob PASSWORD $x$hun$$ter2$x$;`, `ALTER USER bob PASSWORD $x$<redacted>$x$;`],
  ['literals that PostgreSQL joins', `ALTER USER bob PASSWORD 'hun'\n'ter2'`, `ALTER USER bob PASSWORD '<redacted>'\n'<redacted>'`],
  [
    'a comment before the password',
    `ALTER USER bob PASSWORD /* new */ -- now\n 'hunter2'`,
    `ALTER USER bob PASSWORD /* new */ -- now\n '<redacted>'`,
  ],
  ['a nested comment before it', `PASSWORD /* a /* b */ c */ 'hunter2'`, `PASSWORD /* a /* b */ c */ '<redacted>'`],
  ['no space before it', `ALTER USER bob PASSWORD'hunter2'`, `ALTER USER bob PASSWORD'<redacted>'`],
  ['a literal that never ends', `ALTER USER bob PASSWORD 'hunter2`, `ALTER USER bob PASSWORD '<redacted>`],
  ['a dollar quote that never ends', `ALTER USER bob PASSWORD $a$hunter2`, `ALTER USER bob PASSWORD $a$<redacted>`],
  ['a password that someone put into double quotes', `ALTER USER bob PASSWORD "hunter2"`, `ALTER USER bob PASSWORD "<redacted>"`],
  [
    'an assignment to a column',
    `UPDATE users SET "password" = 'hunter2' WHERE id = 1`,
    `UPDATE users SET "password" = '<redacted>' WHERE id = 1`,
  ],
  [
    'COPY with CREDENTIALS',
    `COPY t FROM 's3://b/k' CREDENTIALS 'aws_access_key_id=AKIA;aws_secret_access_key=abc/+=' CSV`,
    `COPY t FROM 's3://b/k' CREDENTIALS '<redacted>' CSV`,
  ],
  [
    'COPY with the old WITH CREDENTIALS AS',
    `copy t from 's3://b/k' with credentials as 'aws_access_key_id=AKIA;token=t' delimiter '|'`,
    `copy t from 's3://b/k' with credentials as '<redacted>' delimiter '|'`,
  ],
  [
    'UNLOAD with keys, whose query stays',
    `UNLOAD ('select * from t where a = ''x''') TO 's3://b' ACCESS_KEY_ID 'AKIA' SECRET_ACCESS_KEY 'abc' SESSION_TOKEN 'tok' GZIP`,
    `UNLOAD ('select * from t where a = ''x''') TO 's3://b' ACCESS_KEY_ID '<redacted>' SECRET_ACCESS_KEY '<redacted>' SESSION_TOKEN '<redacted>' GZIP`,
  ],
  [
    'COPY with AS before the keys',
    `ACCESS_KEY_ID AS 'AKIA' SECRET_ACCESS_KEY AS 'abc'`,
    `ACCESS_KEY_ID AS '<redacted>' SECRET_ACCESS_KEY AS '<redacted>'`,
  ],
  [
    'a symmetric key',
    `COPY t FROM 's3://b' MASTER_SYMMETRIC_KEY 'k' ENCRYPTED`,
    `COPY t FROM 's3://b' MASTER_SYMMETRIC_KEY '<redacted>' ENCRYPTED`,
  ],
  ['SQL inside a literal', `EXECUTE 'ALTER USER bob PASSWORD ''hunter2'''`, `EXECUTE 'ALTER USER bob PASSWORD ''<redacted>'''`],
  [
    'SQL inside a literal inside a literal',
    `EXECUTE 'EXECUTE ''ALTER USER bob PASSWORD ''''hunter2'''' VALID'''`,
    `EXECUTE 'EXECUTE ''ALTER USER bob PASSWORD ''''<redacted>'''' VALID'''`,
  ],
  [
    'SQL inside a function body',
    `DO $$ BEGIN ALTER USER bob PASSWORD 'hunter2'; END $$`,
    `DO $$ BEGIN ALTER USER bob PASSWORD '<redacted>'; END $$`,
  ],
  [
    'a connection string',
    `SELECT dblink('host=db user=u password=hunter2 dbname=d', 'SELECT 1')`,
    `SELECT dblink('host=db user=u password=<redacted> dbname=d', 'SELECT 1')`,
  ],
  [
    'a quoted part of a connection string',
    `SELECT dblink('password=''hunter 2'' host=x')`,
    `SELECT dblink('password=''<redacted>'' host=x')`,
  ],
  ['a user mapping', `OPTIONS (user 'u', password 'hunter2')`, `OPTIONS (user 'u', password '<redacted>')`],
  ['JSON in a literal', `SELECT '{"user":"u","password":"hunter2"}'`, `SELECT '{"user":"u","password":"<redacted>"}'`],
  ['a comment', `-- password: hunter2\nSELECT 1`, `-- password: <redacted>\nSELECT 1`],
  [
    'a secret inside a comment in quotes',
    `/* ALTER USER bob PASSWORD 'hunter2' */ SELECT 1`,
    `/* ALTER USER bob PASSWORD '<redacted>' */ SELECT 1`,
  ],
  [
    'several statements',
    `SELECT 1; ALTER USER a PASSWORD 'x'; ALTER USER b PASSWORD 'y'`,
    `SELECT 1; ALTER USER a PASSWORD '<redacted>'; ALTER USER b PASSWORD '<redacted>'`,
  ],
  ['names outside ASCII around it', `CREATE USER "ålice" PASSWORD 'sésame'`, `CREATE USER "ålice" PASSWORD '<redacted>'`],
]

for (const [sentence, sql, expected] of blanked) {
  test(`${sentence}: the secret is blanked and nothing else`, () => {
    assert.equal(redactSql(sql), expected)
    assert.equal(redactSql(expected), expected)
  })
}

const kept: readonly [string, string][] = [
  ['a statement without secrets', `SELECT 'it''s', $$x$$, "a" FROM t -- done`],
  ['a column named password', `SELECT id, password FROM users WHERE password IS NOT NULL`],
  ['a role ARN', `COPY t FROM 's3://b' IAM_ROLE 'arn:aws:iam::123456789012:role/load'`],
  ['a password switched off', `ALTER USER bob PASSWORD DISABLE`],
  ['a literal that only names the word', `SELECT 'the password'`],
  ['a word that begins like one', `SELECT passwords 'x'`],
  ['a list of columns and of values', `INSERT INTO t (password, name) VALUES ($1, 'bob')`],
]

for (const [sentence, sql] of kept) {
  test(`${sentence} is left as it is`, () => {
    assert.equal(redactSql(sql), sql)
  })
}

const disagreements: readonly [string, string][] = [
  ['a backslash is a character', String.raw`ALTER USER a PASSWORD 'one\' VALID UNTIL 'x'; ALTER USER b PASSWORD 'two'`],
  ['a backslash escapes', String.raw`ALTER USER a PASSWORD 'x\'one'; ALTER USER b PASSWORD 'two'`],
]

for (const [sentence, sql] of disagreements) {
  test(`where ${sentence} no secret is left`, () => {
    const redacted = redactSql(sql)
    for (const secret of ['one', 'two']) assert.ok(!redacted.includes(secret), redacted)
    assert.ok(redacted.startsWith("ALTER USER a PASSWORD '<redacted>"))
  })
}

test('no quoting of a secret gets it past', () => {
  const secret = 'Zq7Zq7'
  const quoted = (level: number, text: string): string => (level === 0 ? text : quoted(level - 1, `'${text.replaceAll("'", "''")}'`))
  const before = fc.constantFrom(
    'ALTER USER bob PASSWORD',
    'CREDENTIALS',
    'credentials as',
    'Secret_Access_Key',
    'SESSION_TOKEN',
    '"password" =',
  )
  const around = fc.constantFrom(' ', ' /* x */ ', '\n--y\n', '\t')
  const literal = fc.constantFrom(
    `'${secret}'`,
    `'a''${secret}'`,
    `E'a\\'${secret}'`,
    `$$${secret}$$`,
    `$q$'${secret}$q$`,
    `'a'\n'${secret}'`,
  )
  const noise = fc.constantFrom('', `SELECT 'a''b'; `, 'SELECT $$x$$; ', 'SELECT "a""b"; ', '/* b /* c */ */ ', "SELECT E'a\\'b'; ")
  fc.assert(
    fc.property(noise, before, around, literal, noise, fc.nat(4), (head, word, gap, value, tail, level) => {
      const sql = `${head}${level === 0 ? '' : 'EXECUTE '}${quoted(level, `${word}${gap}${value}; ${tail}`)}`
      assert.ok(!redactSql(sql).includes(secret), `${sql}\n${redactSql(sql)}`)
    }),
    { numRuns: 500 },
  )
})

test('any text is taken, and long ones quickly', () => {
  const piece = fc.constantFrom(
    "'",
    '"',
    '$$',
    '$a$',
    '/*',
    '*/',
    '--',
    '\n',
    '\\',
    'password',
    'credentials',
    '=',
    ' ',
    "E'",
    'x',
    '<redacted>',
  )
  const texts = fc.oneof(
    fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary' }),
  )
  fc.assert(
    fc.property(texts, (sql) => assert.equal(typeof redactSql(sql), 'string')),
    { numRuns: 2000 },
  )
  const started = performance.now()
  for (const unit of ["password '", 'password=x ', 'password $a$', '/* password ', "'' password "])
    redactSql(`${unit.repeat(20_000)}'${unit.repeat(20_000)}`)
  assert.ok(performance.now() - started < 3000)
})

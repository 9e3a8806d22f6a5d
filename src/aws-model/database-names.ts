/** What Redshift accepts as a database user and a database name when it makes temporary credentials, and how to say why not. */
import { PortunusError } from '#foundation'
import { quote } from '#resources'

// Redshift API Reference, GetClusterCredentials, parameters DbUser and DbName.
const nameLengthMax = 64

// Redshift Database Developer Guide, "Reserved words".
const reservedWords: ReadonlySet<string> = new Set(
  (
    'aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between binary blanksasnull both ' +
    'bytedict bzip2 case cast check collate column constraint create credentials cross current_date current_time current_timestamp ' +
    'current_user current_user_id default deferrable deflate defrag delta delta32k desc disable distinct do else emptyasnull enable ' +
    'encode encrypt encryption end except explicit false for foreign freeze from full globaldict256 globaldict64k grant group gzip ' +
    'having identity ignore ilike in initially inner intersect interval into is isnull join leading left like limit localtime ' +
    'localtimestamp lun luns lzo lzop minus mostly16 mostly32 mostly8 natural new not notnull null nulls off offline offset oid old on ' +
    'only open or order outer overlaps parallel partition percent permissions pivot placing primary raw readratio recover references ' +
    'rejectlog resort respect restore right select session_user similar snapshot some sysdate system table tag tdes text255 text32k ' +
    'then timestamp to top trailing true truncatecolumns union unique unnest unpivot user using verbose wallet when where with without'
  ).split(' '),
)

/** Throws DATABASE_USER_MALFORMED when Redshift would refuse the name as a database user. */
export function validateDatabaseUserName(name: string): void {
  const reason = name.toLowerCase() === 'public' ? 'PUBLIC stands for everybody and is no user' : whyRefused(name)
  if (reason === undefined) return
  throw new PortunusError('DATABASE_USER_MALFORMED', `Cannot use ${quote(name)} as a Redshift database user: ${reason}`, {
    category: 'bad-input',
    sqlState: '28000',
    hint: hintForUser(name),
  })
}

/** Throws DATABASE_NAME_MALFORMED when Redshift would refuse the name as a database name. */
export function validateDatabaseName(name: string): void {
  const reason = whyRefused(name)
  if (reason === undefined) return
  throw new PortunusError('DATABASE_NAME_MALFORMED', `Cannot use ${quote(name)} as a Redshift database name: ${reason}`, {
    category: 'bad-input',
    sqlState: '3D000',
    hint: 'name an existing database, for example with --db-name=dev',
  })
}

function whyRefused(name: string): string | undefined {
  if (name === '') return 'it is empty'
  if (name.length > nameLengthMax) return `it has ${name.length} characters and the limit is ${nameLengthMax}`
  if (!/^[A-Za-z]/.test(name)) return 'the first character is not a letter'
  const stranger = /[^A-Za-z0-9_+.@-]/u.exec(name)?.[0]
  if (stranger !== undefined) return `the character ${quote(stranger)} is not one of letters, digits and _ + . @ -`
  if (reservedWords.has(name.toLowerCase())) return 'it is a reserved word of Redshift'
  return undefined
}

function hintForUser(name: string): string {
  if (/assumed-role/.test(name)) return 'name the role itself, for example with --db-user=role/my-iam-role'
  const bareName = /^iam[ar]?:([\w+.@-]+)$/i.exec(name)?.[1]
  if (bareName !== undefined) return `leave the prefix out, for example --db-user=${bareName}`
  if (name.includes('/') || name.startsWith('arn:')) return 'write an IAM role as role/<name> or as its full ARN'
  return 'name an existing database user, for example with --db-user=alice'
}

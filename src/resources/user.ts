/** Users: who a person is to the cluster, with roles, traits and the state of their account. */
import * as z from 'zod/mini'
import { readDocument, type ResourceDocument } from './document.ts'
import { filled, flag, listsByName, optional, present, section, text, textList, time, withFallback, type Traits } from './fields.ts'
import { metadataSchema, printMetadata, type Metadata } from './metadata.ts'
import { checkedName } from './checked-name.ts'

export interface User {
  readonly kind: 'user'
  readonly version: 'v2'
  readonly metadata: Metadata
  readonly spec: UserSpec
}

export interface UserSpec {
  readonly roles: readonly string[]
  readonly traits: Traits
  readonly createdBy?: { readonly time: string; readonly user: string }
  readonly status?: UserStatus
}

/** Times are RFC 3339. */
export interface UserStatus {
  readonly isLocked: boolean
  readonly lockedMessage?: string
  readonly lockedTime?: string
  readonly lockExpires?: string
}

const createdBySchema = z.pipe(
  section({ time: time(), user: section({ name: checkedName }) }),
  z.transform((createdBy) => ({ time: createdBy.time, user: createdBy.user.name })),
)

const statusSchema: z.ZodMiniType<UserStatus> = z.pipe(
  section({
    is_locked: withFallback(flag(), false),
    locked_message: optional(text()),
    locked_time: optional(time()),
    lock_expires: optional(time()),
  }),
  z.transform((status) =>
    present({
      isLocked: status.is_locked,
      lockedMessage: status.locked_message,
      lockedTime: status.locked_time,
      lockExpires: status.lock_expires,
    }),
  ),
)

const userSchema: z.ZodMiniType<User> = z.pipe(
  section({
    kind: z.literal('user'),
    version: z.literal('v2'),
    metadata: metadataSchema(checkedName),
    spec: z.pipe(
      section({
        roles: withFallback(textList(checkedName), []),
        traits: withFallback(listsByName(), {}),
        created_by: optional(createdBySchema),
        status: optional(statusSchema),
      }),
      z.transform(({ roles, traits, created_by: createdBy, status }) => present({ roles, traits, createdBy, status })),
    ),
  }),
  z.transform((user) => user),
)

/** Throws RESOURCE_MALFORMED (bad-input). */
export function parseUser(input: unknown): User {
  return readDocument('user', userSchema, input)
}

/** The document that `parseUser` reads back to the same value; traits with no values are kept. */
export function printUser(user: User): ResourceDocument {
  const { roles, traits, createdBy, status } = user.spec
  return {
    kind: user.kind,
    version: user.version,
    metadata: printMetadata(user.metadata),
    spec: {
      roles,
      ...filled({ traits, created_by: createdBy && { time: createdBy.time, user: { name: createdBy.user } } }),
      ...(status === undefined ? {} : { status: printStatus(status) }),
    },
  }
}

function printStatus(status: UserStatus): ResourceDocument {
  return filled({
    is_locked: status.isLocked,
    locked_message: status.lockedMessage,
    locked_time: status.lockedTime,
    lock_expires: status.lockExpires,
  })
}

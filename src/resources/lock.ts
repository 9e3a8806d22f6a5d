/** Locks: whom or what the cluster keeps out, why, and until when. */
import * as z from 'zod/mini'
import { checkedName } from './checked-name.ts'
import { readDocument, type ResourceDocument } from './document.ts'
import { converted, filled, filledText, optional, present, section, text, time } from './fields.ts'
import { metadataSchema, printMetadata, type Metadata } from './metadata.ts'

/** At least one field is there; several must all match. */
export interface LockTarget {
  readonly user?: string
  readonly role?: string
  /** A database user; under this name because that is what a login to a server is called. */
  readonly login?: string
  readonly mfaDevice?: string
  readonly accessRequest?: string
  /** Host id of an agent. */
  readonly serverId?: string
  /** Name of a database resource. */
  readonly db?: string
  /** Id of one database session. */
  readonly session?: string
}

export interface Lock {
  readonly kind: 'lock'
  readonly version: 'v2'
  readonly metadata: Metadata
  /** Times are RFC 3339; without `expires` the lock lasts until it is deleted. */
  readonly spec: {
    readonly target: LockTarget
    readonly message?: string
    readonly expires?: string
    readonly createdAt?: string
    readonly createdBy?: string
  }
}

const targetSection = section({
  user: optional(filledText()),
  role: optional(filledText()),
  login: optional(filledText()),
  mfa_device: optional(filledText()),
  access_request: optional(filledText()),
  server_id: optional(filledText()),
  db: optional(filledText()),
  session: optional(filledText()),
})

const targetSchema = converted(
  z.pipe(
    targetSection,
    z.transform((target): LockTarget => {
      const { mfa_device: mfaDevice, access_request: accessRequest, server_id: serverId, ...others } = target
      return present({ ...others, mfaDevice, accessRequest, serverId })
    }),
  ),
  // A lock on nothing would match everybody.
  (target) => (Object.keys(target).length > 0 ? { value: target } : { expected: 'a target with at least one field' }),
)

const lockSchema: z.ZodMiniType<Lock> = z.pipe(
  section({
    kind: z.literal('lock'),
    version: z.literal('v2'),
    metadata: metadataSchema(checkedName),
    spec: section({
      target: targetSchema,
      message: optional(text()),
      expires: optional(time()),
      created_at: optional(time()),
      created_by: optional(text()),
    }),
  }),
  z.transform((lock): Lock => {
    const { target, message, expires, created_at: createdAt, created_by: createdBy } = lock.spec
    return { ...lock, spec: present({ target, message, expires, createdAt, createdBy }) }
  }),
)

/** Throws RESOURCE_MALFORMED (bad-input), also for a target without fields. */
export function parseLock(input: unknown): Lock {
  return readDocument('lock', lockSchema, input)
}

/** The document that `parseLock` reads back to the same value. */
export function printLock(lock: Lock): ResourceDocument {
  const { target, message, expires, createdAt, createdBy } = lock.spec
  return {
    kind: lock.kind,
    version: lock.version,
    metadata: printMetadata(lock.metadata),
    spec: {
      target: filled({
        user: target.user,
        role: target.role,
        login: target.login,
        mfa_device: target.mfaDevice,
        access_request: target.accessRequest,
        server_id: target.serverId,
        db: target.db,
        session: target.session,
      }),
      ...filled({ message, expires, created_at: createdAt, created_by: createdBy }),
    },
  }
}

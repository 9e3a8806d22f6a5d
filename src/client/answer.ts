/** Answers of a proxy's APIs: an error document becomes the error it was there, a strange shape a clear one. */
import * as z from 'zod/mini'
import { PortunusError, errorFromDocument } from '#foundation'

const categories = [
  'bad-input',
  'unauthenticated',
  'access-denied',
  'not-found',
  'already-exists',
  'conflict',
  'limit-exceeded',
  'unavailable',
  'unsupported',
  'internal',
] as const

const errorBody = z.object({
  error: z.object({
    code: z.string().check(z.regex(/^[A-Z][A-Z0-9_]*$/)),
    category: z.enum(categories),
    message: z.string(),
    hint: z.optional(z.string()),
    sqlState: z.optional(z.string().check(z.regex(/^[0-9A-Z]{5}$/))),
    details: z.optional(z.record(z.string(), z.unknown())),
  }),
})

export interface RawAnswer {
  readonly status: number
  readonly json: unknown
}

/** The answer's document; throws the error the other side reported, or PROXY_ANSWER_UNREADABLE. */
export function parseAnswer<T>(what: string, answer: RawAnswer, schema: z.ZodMiniType<T>): T {
  if (answer.status !== 200) throw errorOfAnswer(what, answer)
  const parsed = schema.safeParse(answer.json)
  if (parsed.success) return parsed.data
  const [problem] = parsed.error.issues
  throw answerUnreadable(what, `${problem?.path.join('.') || 'the document'} has another shape`)
}

function errorOfAnswer(what: string, answer: RawAnswer): PortunusError {
  const parsed = errorBody.safeParse(answer.json)
  return parsed.success ? errorFromDocument(parsed.data.error) : answerUnreadable(what, `status ${answer.status}`)
}

function answerUnreadable(what: string, state: string): PortunusError {
  return new PortunusError('PROXY_ANSWER_UNREADABLE', `Cannot understand the answer of "${what}": ${state}`, {
    category: 'unavailable',
    hint: 'check that the address is one of a proxy of the cluster, and that tsh has the same version',
  })
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

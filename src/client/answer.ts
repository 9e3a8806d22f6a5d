/** Answers of a proxy's APIs: an error document becomes the error it was there, a strange shape a clear one. */
import type * as z from 'zod/mini'
import { PortunusError, errorFromDocument, readErrorAnswer } from '#foundation'

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
  const document = readErrorAnswer(answer.json)
  return document === undefined ? answerUnreadable(what, `status ${answer.status}`) : errorFromDocument(document)
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

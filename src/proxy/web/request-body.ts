/** The bodies of the web API: JSON of a known shape and a bounded size. */
import * as z from 'zod'
import { PortunusError } from '#foundation'

export const bodyBytesMax = 64 * 1024

const text = z.string().min(1).max(512)
// Passwords and codes are read as they are; whether they are good enough is the authority's word.
const secret = z.string().max(1024)
const pem = z.string().min(1).max(32_768)

export const loginBody = z.object({
  user: text,
  password: secret,
  otp: secret.optional(),
  public_key: pem,
  ttl_seconds: z.int().positive().optional(),
})

export const inviteBody = z.object({ password: secret, otp: secret })

export const joinBody = z.object({
  token: z.string().min(1).max(1024),
  host_id: text,
  hostname: text,
  roles: z.array(text).min(1).max(8),
  public_key: pem,
})

/** Reads a body; throws WEB_REQUEST_MALFORMED (bad-input), which names the field and never shows its value. */
export async function readBody<Shape extends z.ZodType>(request: Request, shape: Shape): Promise<z.output<Shape>> {
  const json: unknown = await request.json().catch((error: unknown) => {
    if (error instanceof SyntaxError) throw malformed('the body is not JSON')
    throw error
  })
  const parsed = shape.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw malformed(`"${issue?.path.join('.') ?? ''}" has another shape (${issue?.code ?? 'unknown'})`)
}

export function bodyTooLarge(): PortunusError {
  return new PortunusError('WEB_REQUEST_TOO_LARGE', `Cannot read the request: its body is larger than "${bodyBytesMax}" bytes`, {
    category: 'limit-exceeded',
    hint: 'send only the documented fields',
  })
}

function malformed(state: string): PortunusError {
  return new PortunusError('WEB_REQUEST_MALFORMED', `Cannot read the request: ${state}`, {
    category: 'bad-input',
    hint: 'check that both programs have the same version',
  })
}

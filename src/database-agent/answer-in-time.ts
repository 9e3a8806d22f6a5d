/** Waiting for the Auth Service, but not for ever: an agent must go on, and must be able to stop, while it is away. */
import { PortunusError, type Clock } from '#foundation'

export interface AnswerOptions {
  readonly clock: Clock
  /** Stops the waiting before its time. */
  readonly signal?: AbortSignal | undefined
}

const answerMillisecondsMax = 5_000

/** The answer; throws AUTHORITY_SILENT after 5 s, and the signal's reason when it is aborted first. */
export async function answerInTime<T>(answer: Promise<T>, { clock, signal }: AnswerOptions): Promise<T> {
  const stopped = Promise.withResolvers<never>()
  const stop = (): void => stopped.reject(signal?.reason)
  using _timer = clock.timer(answerMillisecondsMax, () => stopped.reject(authoritySilent()))
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted === true) stop()
  try {
    return await Promise.race([answer, stopped.promise])
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

function authoritySilent(): PortunusError {
  return new PortunusError('AUTHORITY_SILENT', 'Cannot reach the Auth Service: it did not answer in time', {
    category: 'unavailable',
    hint: 'look at the Auth Service: journalctl -u teleport',
  })
}

/** A password of a local proxy's own: whoever else is logged in on this machine can reach the port, but does not know it. */
import type { Duplex } from 'node:stream'
import { PortunusError, equalInConstantTime, type Clock, type Secret } from '#foundation'
import { writeAuthenticationCleartextPassword, writePasswordMessage } from '#postgres-protocol'

// psql that has to ask a person hangs up first and comes back with the answer, so nobody is hurried.
const answerMillisecondsMax = 10_000

/**
 * Asks a client for the password (PostgreSQL manual, "Message Flow", AuthenticationCleartextPassword); what comes after the answer
 * stays in the stream. Throws LOCAL_PASSWORD_WRONG (28P01), also for a client that gives no answer in time.
 */
export function requirePassword(stream: Duplex, password: Secret<string>, clock: Clock): Promise<void> {
  const wanted = writePasswordMessage(password.reveal())
  return new Promise((resolve, reject) => {
    let heard: Buffer = Buffer.alloc(0)
    const settle = (isRight: boolean): void => {
      stream.removeListener('readable', look)
      stream.removeListener('end', leave)
      stream.removeListener('close', leave)
      deadline[Symbol.dispose]()
      if (isRight) resolve()
      else reject(passwordWrong())
    }
    const leave = (): void => settle(false)
    const look = (): void => {
      for (let chunk: unknown = stream.read(); chunk instanceof Uint8Array; chunk = stream.read()) heard = Buffer.concat([heard, chunk])
      // A password of another length is another password, so that no more than this is ever waited for.
      const isWhole = heard.length >= wanted.length
      if (!isWhole && Buffer.from(wanted.subarray(0, Math.min(heard.length, 5))).equals(heard.subarray(0, 5))) return
      const isRight = isWhole && equalInConstantTime(heard.subarray(0, wanted.length), wanted)
      if (isRight && heard.length > wanted.length) stream.unshift(heard.subarray(wanted.length))
      settle(isRight)
    }
    const deadline = clock.timer(answerMillisecondsMax, leave)
    stream.on('readable', look)
    stream.once('end', leave)
    stream.once('close', leave)
    stream.write(writeAuthenticationCleartextPassword())
    look()
  })
}

function passwordWrong(): PortunusError {
  return new PortunusError('LOCAL_PASSWORD_WRONG', 'Cannot use the local proxy of another program: the password is wrong', {
    category: 'access-denied',
    sqlState: '28P01',
    hint: 'open one of your own with: tsh proxy db --tunnel',
  })
}

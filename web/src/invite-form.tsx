/** The form of the invitation page: a password twice, the authenticator app, its first code. */
import { type FormEvent, type ReactNode, useRef, useState } from 'react'
import type { Invite } from './api.ts'
import { digitsOf, grouped, type NewLogin, passwordCharactersMax, passwordCharactersMin, problemsOf } from './new-login.ts'
import { Failure } from './page.tsx'
import { QrCode } from './qr-code.tsx'
import { TextField } from './text-field.tsx'

export interface InviteFormProps {
  readonly invite: Invite
  readonly error: Error | null
  readonly isPending: boolean
  readonly onSubmit: (choice: { readonly password: string; readonly otp: string }) => void
}

export function InviteForm({ invite, error, isPending, onSubmit }: InviteFormProps): ReactNode {
  const [login, setLogin] = useState<NewLogin>({ password: '', confirmation: '', code: '' })
  const [isSubmitted, setSubmitted] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const problems = problemsOf(login)
  const field = (name: keyof NewLogin) => ({
    value: login[name],
    onChange: (value: string) => setLogin({ ...login, [name]: value }),
    problem: problems[name],
    isSubmitted,
  })

  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setSubmitted(true)
    if (Object.keys(problems).length === 0) onSubmit({ password: login.password, otp: digitsOf(login.code) })
    // The problems are drawn after this handler; only then is there something to focus.
    else requestAnimationFrame(() => form.current?.querySelector<HTMLInputElement>('[aria-invalid="true"]')?.focus())
  }

  return (
    <form ref={form} onSubmit={submit} noValidate>
      <fieldset>
        <legend>1. Password</legend>
        {/* Password managers file the new password under this name. */}
        <input type="text" autoComplete="username" value={invite.user} readOnly hidden />
        <TextField
          {...field('password')}
          label="Password"
          explanation={`${passwordCharactersMin} to ${passwordCharactersMax} characters; a few words make a good one.`}
          hidden
          autoComplete="new-password"
        />
        <TextField {...field('confirmation')} label="Password again" hidden autoComplete="new-password" />
      </fieldset>
      <fieldset>
        <legend>2. Authenticator app</legend>
        <Enrolment invite={invite} />
        <TextField
          {...field('code')}
          label="Code"
          explanation="The 6 digits that the app shows now."
          inputMode="numeric"
          autoComplete="one-time-code"
        />
      </fieldset>
      {error === null ? null : <Failure error={error} />}
      <button type="submit" disabled={isPending}>
        {isPending ? 'Setting up …' : 'Set up'}
      </button>
      <p className="quiet-text">The link is valid until {invite.expires.toLocaleString()}.</p>
    </form>
  )
}

function Enrolment({ invite }: { readonly invite: Invite }): ReactNode {
  return (
    <div className="enrolment">
      <QrCode text={invite.otpUri} label="QR code for the authenticator app" />
      <div>
        <p>
          Scan the code with an authenticator app, or <a href={invite.otpUri}>open the app on this device</a>. To type it in, use this key:
        </p>
        <p>
          <code className="secret">{grouped(invite.otpSecret)}</code>
        </p>
      </div>
    </div>
  )
}

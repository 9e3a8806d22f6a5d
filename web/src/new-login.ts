/** What a person chooses on the invitation page, and the rules it must obey; the authority checks them again. */

export const passwordCharactersMin = 12
export const passwordCharactersMax = 128

export interface NewLogin {
  readonly password: string
  readonly confirmation: string
  readonly code: string
}

export type Problems = Readonly<Partial<Record<keyof NewLogin, string>>>

/** One sentence for each field that is not right yet; no keys, no problems. */
export function problemsOf(login: NewLogin): Problems {
  return {
    ...problem('password', passwordProblem(login.password)),
    ...problem('confirmation', confirmationProblem(login)),
    ...problem('code', codeProblem(login.code)),
  }
}

/** The digits of a code as people type it, spaces left out. */
export function digitsOf(code: string): string {
  return code.replaceAll(/\s/g, '')
}

/** A secret in groups of four, as authenticator apps ask for it. */
export function grouped(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(' ') ?? ''
}

function problem(field: keyof NewLogin, text: string | undefined): Problems {
  return text === undefined ? {} : { [field]: text }
}

function passwordProblem(password: string): string | undefined {
  const length = Array.from(password).length
  if (length === 0) return 'Choose a password.'
  if (length < passwordCharactersMin) {
    const wanting = passwordCharactersMin - length
    return `${wanting} more ${wanting === 1 ? 'character' : 'characters'}, please: at least ${passwordCharactersMin}.`
  }
  return length > passwordCharactersMax ? `Too long: at most ${passwordCharactersMax} characters.` : undefined
}

function confirmationProblem({ password, confirmation }: NewLogin): string | undefined {
  if (confirmation === '') return 'Type the password a second time.'
  return confirmation === password ? undefined : 'The two passwords differ.'
}

function codeProblem(code: string): string | undefined {
  const digits = digitsOf(code)
  if (digits === '') return 'Type the code that the authenticator app shows.'
  return /^\d{6}$/.test(digits) ? undefined : 'A code has 6 digits.'
}

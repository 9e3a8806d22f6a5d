/** Errors as the web API says them: a JSON document with the status of the error's category. */
import { PortunusError, errorDocument, httpStatusOf } from '#foundation'

/** Codes whose status says more than their category does (RFC 9110, section 15.5). */
const statusByCode: Readonly<Record<string, number>> = { WEB_REQUEST_TOO_LARGE: 413 }

/** The answer for any thrown value; what is not a PortunusError shows none of its text. */
export function errorResponse(error: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  const document = errorDocument(error)
  // An SQLSTATE means nothing to a browser, and details are for the audit log.
  const { code, category, message, hint } = document
  return Response.json({ error: { code, category, message, hint } }, { status: statusByCode[code] ?? httpStatusOf(category), headers })
}

/** The refusal of an address of the API that does not exist. */
export function unknownPath(method: string, path: string): PortunusError {
  return new PortunusError('WEB_PATH_UNKNOWN', `Cannot ${method} "${path}": there is nothing at this address`, {
    category: 'not-found',
    hint: 'check the address, and that both programs have the same version',
  })
}

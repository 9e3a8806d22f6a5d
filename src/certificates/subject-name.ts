/** Distinguished names. They are labels for people; who a certificate speaks for is in its identity. */
import type { Name } from '@peculiar/x509'
import { PortunusError } from '#foundation'
import type { X509Library } from './x509-library.ts'

// Upper bounds of RFC 5280, appendix A.1 (ub-common-name, ub-organization-name, ub-serial-number).
const nameLengthMax = 64

// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const controlCharacters = /[\u0000-\u001f\u007f-\u009f\ud800-\udfff]/gu

/** A name of UTF-8 strings; the library never gets to interpret a value. */
export function subjectName(
  library: X509Library,
  parts: { readonly commonName: string; readonly organization?: string; readonly serialNumber?: string },
): Name {
  const attributes = [
    ...(parts.organization === undefined ? [] : [{ O: [{ utf8String: nameLabel(parts.organization) }] }]),
    { CN: [{ utf8String: parts.commonName }] },
    ...(parts.serialNumber === undefined ? [] : [{ '2.5.4.5': [{ printableString: parts.serialNumber }] }]),
  ]
  return new library.Name(attributes)
}

/** A text made fit for a label: control characters replaced, cut to what a name may hold. */
export function nameLabel(text: string): string {
  return [...text.replaceAll(controlCharacters, '\ufffd')].slice(0, nameLengthMax).join('')
}

/**
 * A common name that others act upon, such as a database user, and that is therefore never altered.
 * Throws CERTIFICATE_NAME_REFUSED for an empty or long one, and for control characters.
 */
export function exactCommonName(text: string): string {
  if (text !== '' && text === nameLabel(text)) return text
  throw new PortunusError(
    'CERTIFICATE_NAME_REFUSED',
    `Cannot make a certificate with the common name ${JSON.stringify(text)}: expected 1 to ${nameLengthMax} printable characters`,
    { category: 'bad-input' },
  )
}

/** Which DNS names and IP addresses may go into a certificate. */
import { PortunusError } from '#foundation'

const dnsLabel = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const dnsNamePattern = new RegExp(`^(?:\\*\\.)?(?:${dnsLabel}\\.)*${dnsLabel}$`, 'i')
const dnsNameLengthMax = 253
const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const addressV4Pattern = new RegExp(`^${octet}(?:\\.${octet}){3}$`)
const addressV6Pattern = /^[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){7}$/i

/** Throws CERTIFICATE_NAME_REFUSED (bad-input) for the first name or address that is none. */
export function checkAlternativeNames(dnsNames: readonly string[], ipAddresses: readonly string[]): void {
  for (const name of dnsNames) {
    if (name.length > dnsNameLengthMax || !dnsNamePattern.test(name)) throw refused(name, 'expected a DNS name')
  }
  for (const address of ipAddresses) {
    if (!addressV4Pattern.test(address) && !addressV6Pattern.test(expandAddress(address))) {
      throw refused(address, 'expected an IP address')
    }
  }
}

/** Writes out the one `::` of an IPv6 address (RFC 4291, section 2.2); anything else is left as it is. */
function expandAddress(address: string): string {
  const [head, tail, ...more] = address.split('::')
  if (head === undefined || tail === undefined || more.length > 0) return address
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const zeros = 8 - left.length - right.length
  return zeros < 1 ? address : [...left, ...Array.from({ length: zeros }, () => '0'), ...right].join(':')
}

function refused(name: string, expected: string): PortunusError {
  return new PortunusError('CERTIFICATE_NAME_REFUSED', `Cannot put the name ${JSON.stringify(name)} into a certificate: ${expected}`, {
    category: 'bad-input',
  })
}

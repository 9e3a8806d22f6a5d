/** The network a client comes from: what strangers on the far side of the internet cannot take part in. */

/** The host of `192.0.2.1:5432`, `[2001:db8::1]:5432`, or of a text without a port. */
export function hostOfAddress(address: string): string {
  return address.replace(/^\[(.*)\]:\d+$/, '$1').replace(/^([^:]*):\d+$/, '$1')
}

/**
 * The /24 of an IPv4 address, the /64 of an IPv6 address (RFC 4291, section 2.5.4: one link), with a port or without;
 * any other text is a network of its own.
 */
export function clientNetwork(address: string): string {
  const host = hostOfAddress(address)
  const four = /^(?:::ffff:)?(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}$/i.exec(host)
  if (four?.[1] !== undefined) return `${four[1]}.0/24`
  return host.includes(':') ? `${firstGroups(host).join(':')}::/64` : host
}

/** The first four of the eight groups (RFC 4291, section 2.2), without leading zeros. */
function firstGroups(host: string): readonly string[] {
  const [head = '', tail] = (host.split('%')[0] ?? '').split('::')
  const groupsOf = (text: string): readonly string[] => text.split(':').filter((group) => group !== '')
  const before = groupsOf(head)
  const after = tail === undefined ? [] : groupsOf(tail)
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return [...before, ...zeros, ...after].slice(0, 4).map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
}

import { isIP, isIPv4 } from 'node:net';

const IPV4_IN_IPV6 = /^::ffff:(?=\d+\.)/i;

/**
 * Returns the network that requests are counted for: an IPv4 address itself, or the /64 of an IPv6 address, which is
 * usually assigned to one customer.
 * @returns undefined for text that is not an IP address
 */
export function networkOf(address: string): string | undefined {
  const plain = address.replace(IPV4_IN_IPV6, '');
  if (isIPv4(plain)) return plain;
  return isIP(plain) === 0 ? undefined : `${groupsOf(plain).slice(0, 4).join(':')}::/64`;
}

/** Returns the eight groups of an IPv6 address without leading zeros. */
function groupsOf(address: string): string[] {
  const hexadecimal = address.replace(/%.*$/, '').replace(/\d+\.\d+\.\d+\.\d+$/, '0:0');
  const [before = [], after = []] = hexadecimal
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':')));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16).toString(16));
}

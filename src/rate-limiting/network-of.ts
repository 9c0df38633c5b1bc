import { isIP, isIPv4 } from 'node:net';

const IPV4_IN_IPV6 = /^::ffff:(?=\d+\.)/i;

/**
 * Whom an address counts for: an IPv4 address for itself, an IPv6 address for its /64, all of which one
 * customer of a provider has.
 * @returns undefined for what is no address
 */
export function networkOf(address: string): string | undefined {
  const plain = address.replace(IPV4_IN_IPV6, '');
  if (isIPv4(plain)) return plain;
  return isIP(plain) === 0 ? undefined : `${groupsOf(plain).slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, each in its shortest form. */
function groupsOf(address: string): string[] {
  const hexadecimal = address.replace(/%.*$/, '').replace(/\d+\.\d+\.\d+\.\d+$/, '0:0');
  const [before = [], after = []] = hexadecimal
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':')));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16).toString(16));
}

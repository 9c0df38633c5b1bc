import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AllowedAddresses, isAddressOrNetwork } from './allowed-addresses.js';

describe('Allowed addresses', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.0/24', '192.0.2.255'],
    ['192.0.2.77/24', '192.0.2.1'],
    ['0.0.0.0/0', '203.0.113.9'],
    ['2001:db8::1', '2001:0DB8:0::0001'],
    ['2001:db8::/33', '2001:db8:7fff::1'],
    ['::/0', '2001:db8::1'],
    ['192.0.2.7', '::ffff:192.0.2.7'],
    ['192.0.2.0/24', '::ffff:c000:0207'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::ffff:c000:0200/120', '192.0.2.9'],
    ['fe80::/10', 'fe80::1%eth0'],
  ])('as %s take %s', (entry, address) => {
    expect(new AllowedAddresses(['198.51.100.1', entry]).has(address)).toBe(true);
  });

  it.each([
    ['192.0.2.7', '192.0.2.8'],
    ['192.0.2.0/24', '192.0.3.0'],
    ['2001:db8::/33', '2001:db8:8000::1'],
    ['::/0', '192.0.2.7'],
    ['::/0', '::ffff:192.0.2.7'],
    ['0.0.0.0/0', '2001:db8::1'],
    ['nonsense', '192.0.2.7'],
    ['0.0.0.0/0', 'unknown'],
    ['0.0.0.0/0', '192.0.2.7:443'],
    ['0.0.0.0/0', ''],
    ['0.0.0.0/0', undefined],
  ])('as %s do not take %s', (entry, address) => {
    expect(new AllowedAddresses([entry]).has(address)).toBe(false);
  });

  it('agree with the arithmetic of IPv4 for every prefix', () => {
    const number = fc.nat({ max: 0xff_ff_ff_ff });
    const written = (n: number): string => [24, 16, 8, 0].map((bits) => (n >>> bits) & 255).join('.');
    fc.assert(
      fc.property(number, number, fc.nat({ max: 32 }), (network, address, prefix) => {
        const near = prefix === 0 ? address : ((network ^ (address >>> (prefix - 1))) >>> 0) % 2 ** 32;
        const isInside = prefix === 0 || network >>> (32 - prefix) === near >>> (32 - prefix);
        const allowed = new AllowedAddresses([`${written(network)}/${String(prefix)}`]);
        expect(allowed.has(written(near))).toBe(isInside);
      }),
    );
  });

  it.each(['10.0.0.1', '10.0.0.0/8', '::1', '2001:db8::/32', '::ffff:10.0.0.1/128', '10.0.0.0/0'])(
    'can be given as %s',
    (text) => {
      expect(isAddressOrNetwork(text)).toBe(true);
    },
  );

  it.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    '2001:db8::/129',
    'fe80::1%eth0',
    'localhost',
    ' 10.0.0.1',
    5,
    null,
  ])('cannot be given as %j', (text) => {
    expect(isAddressOrNetwork(text)).toBe(false);
  });
});

import { describe, expect, it } from '@jest/globals';
import { networkOf } from './network-of.js';

describe('networkOf', () => {
  it.each(['192.0.2.7', '::ffff:192.0.2.7', '::FFFF:192.0.2.7'])(
    'returns an IPv4 address itself: %s',
    (address) => {
      expect(networkOf(address)).toBe('192.0.2.7');
    },
  );

  it.each([
    '2001:db8:0:7::1',
    '2001:0db8:0000:0007:ffff:ffff:ffff:ffff',
    '2001:DB8:0:7:a::b',
    '2001:db8::7:0:0:0:1',
    '2001:db8:0:7::192.0.2.1',
    '2001:db8:0:7::1%eth0',
  ])('returns the /64 of an IPv6 address: %s', (address) => {
    expect(networkOf(address)).toBe('2001:db8:0:7::/64');
  });

  it.each([
    ['::1', '0:0:0:0::/64'],
    ['fe80::1', 'fe80:0:0:0::/64'],
    ['1:2:3:4:5:6:7:8', '1:2:3:4::/64'],
    ['1:2:3:4:5:6:7::', '1:2:3:4::/64'],
  ])('returns the /64 of compressed and full notations: %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it.each(['', 'unknown', '192.0.2.7:4711', '_hidden', '1.2.3', '2001:db8::7::1'])(
    'returns undefined for text that is not an address: %j',
    (text) => {
      expect(networkOf(text)).toBeUndefined();
    },
  );
});

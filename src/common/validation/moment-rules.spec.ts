import { describe, expect, it } from '@jest/globals';
import { momentOf } from './moment-rules.js';

describe('A moment in RFC 3339', () => {
  it.each([
    ['2030-01-31T09:00:00Z', '2030-01-31T09:00:00.000Z'],
    ['2030-01-31T09:00:00.5+02:00', '2030-01-31T07:00:00.500Z'],
    ['2030-01-31t09:00:00.123456z', '2030-01-31T09:00:00.123Z'],
    ['2028-02-29T23:59:59-00:30', '2028-03-01T00:29:59.000Z'],
  ])('is %s', (text, moment) => {
    expect(momentOf(text)?.toISOString()).toBe(moment);
  });

  it.each([
    '2030-02-30T09:00:00Z',
    '2030-13-01T09:00:00Z',
    '2030-01-31T24:00:00Z',
    '2030-01-31T09:00:60Z',
    '2030-01-31T09:00Z',
    '2030-01-31 09:00:00Z',
    '2030-01-31T09:00:00',
    '2030-01-31',
    '0000-01-01T00:00:00Z',
    'tomorrow',
    '',
    1900000000,
    null,
  ])('is not %j', (text) => {
    expect(momentOf(text)).toBeUndefined();
  });
});

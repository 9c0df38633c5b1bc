import { describe, expect, it } from '@jest/globals';
import { encodeParameters } from './pg-query.js';

describe('encodeParameters', () => {
  it('encodes values as node-postgres does', () => {
    const values = [1, true, null, undefined, ['a', null], { a: 1 }, Buffer.from('b')];
    expect(encodeParameters(values)).toEqual([
      '1',
      'true',
      null,
      null,
      '{"a",NULL}',
      '{"a":1}',
      Buffer.from('b'),
    ]);
  });

  it('throws for a value that cannot be encoded', () => {
    const circular: { self?: object } = {};
    circular.self = circular;
    expect(() => encodeParameters([circular])).toThrow(TypeError);
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cutToShape, MOST_ERRORS } from './body-shape.js';

const parsed = (json: string): object => JSON.parse(json) as object;

describe('The shape of a body', () => {
  it('is fine for every body of the API: two full arrays of entries', () => {
    const entries = Array.from({ length: 500 }, () => ({ account_id: 'a', role_id: 'b' }));
    const body = { email: 'x', account_permissions: entries, account_group_permissions: entries };
    const copy = structuredClone(body);
    expect(cutToShape(body)).toEqual([]);
    expect(body).toEqual(copy);
  });

  it('is cut of __proto__ at any depth, which is told', () => {
    const body = parsed('{"a":[{"__proto__":{"admin":true},"b":1}]}');
    expect(cutToShape(body)).toMatchObject([{ field: 'a[0].__proto__', code: 'UNKNOWN_PROPERTY' }]);
    expect(JSON.stringify(body)).toBe('{"a":[{"b":1}]}');
  });

  it('keeps of an array as many entries as are too many for every list', () => {
    const body = { a: Array<number>(70_000).fill(1) };
    expect(cutToShape(body)).toEqual([]);
    expect(body.a).toHaveLength(501);
  });

  it('has at most 100 properties in an object, and one error tells of all the others', () => {
    const body = Object.fromEntries(Array.from({ length: 70_000 }, (_, n) => [`k${String(n)}`, n]));
    expect(cutToShape(body)).toMatchObject([{ field: 'k100', code: 'UNKNOWN_PROPERTY' }]);
    expect(Object.keys(body)).toHaveLength(100);
  });

  it('is at most ten levels deep', () => {
    const body = parsed(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`);
    expect(cutToShape(body)).toMatchObject([{ field: 'a.a.a.a.a.a.a.a.a.a.a', code: 'INVALID_TYPE' }]);
  });

  it('is told to be wrong 500 times at most, and no further looked at', () => {
    const list = (): unknown[] => Array.from({ length: 400 }, () => []);
    const body = { a: list(), b: list(), c: list() };
    const errors = cutToShape(body);
    expect([errors.length, errors.at(-1)?.field]).toEqual([MOST_ERRORS, 'b[99]']);
    expect(body.c).toEqual(list());
  });

  it('needs no second cut, whatever the body', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 14 }), (value) => {
        const body = parsed(JSON.stringify({ value }));
        cutToShape(body);
        expect(cutToShape(body)).toEqual([]);
      }),
    );
  });
});

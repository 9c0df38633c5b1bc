import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sanitizeInput, MAX_ERRORS } from './sanitize-input.js';

const parsed = (json: string): object => JSON.parse(json) as object;

describe('sanitizeInput', () => {
  it('does not change the largest valid body: two full arrays of entries', () => {
    const entries = Array.from({ length: 500 }, () => ({ account_id: 'a', role_id: 'b' }));
    const body = { email: 'x', account_permissions: entries, account_group_permissions: entries };
    const copy = structuredClone(body);
    expect(sanitizeInput(body)).toEqual([]);
    expect(body).toEqual(copy);
  });

  it('removes and reports __proto__ at any depth', () => {
    const body = parsed('{"a":[{"__proto__":{"admin":true},"b":1}]}');
    expect(sanitizeInput(body)).toMatchObject([{ field: 'a[0].__proto__', code: 'UNKNOWN_PROPERTY' }]);
    expect(JSON.stringify(body)).toBe('{"a":[{"b":1}]}');
  });

  it('truncates an array to one entry more than any array may have', () => {
    const body = { a: Array<number>(70_000).fill(1) };
    expect(sanitizeInput(body)).toEqual([]);
    expect(body.a).toHaveLength(501);
  });

  it('keeps 100 properties of an object, and reports the others as one error', () => {
    const body = Object.fromEntries(Array.from({ length: 70_000 }, (_, n) => [`k${String(n)}`, n]));
    expect(sanitizeInput(body)).toMatchObject([{ field: 'k100', code: 'UNKNOWN_PROPERTY' }]);
    expect(Object.keys(body)).toHaveLength(100);
  });

  it('keeps ten levels', () => {
    const body = parsed(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`);
    expect(sanitizeInput(body)).toMatchObject([{ field: 'a.a.a.a.a.a.a.a.a.a.a', code: 'INVALID_TYPE' }]);
  });

  it('stops after 500 errors', () => {
    const list = (): unknown[] => Array.from({ length: 400 }, () => []);
    const body = { a: list(), b: list(), c: list() };
    const errors = sanitizeInput(body);
    expect([errors.length, errors.at(-1)?.field]).toEqual([MAX_ERRORS, 'b[99]']);
    expect(body.c).toEqual(list());
  });

  it('finds nothing in a sanitized body', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 14 }), (value) => {
        const body = parsed(JSON.stringify({ value }));
        sanitizeInput(body);
        expect(sanitizeInput(body)).toEqual([]);
      }),
    );
  });
});

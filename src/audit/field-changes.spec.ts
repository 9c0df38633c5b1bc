import { describe, expect, it } from '@jest/globals';
import { fieldChangesBetween } from './field-changes.js';

describe('fieldChangesBetween', () => {
  it('returns fields that differ, and no others', () => {
    expect(fieldChangesBetween({ name: 'a', size: 1 }, { name: 'b', size: 1 })).toEqual({
      name: { before: 'a', after: 'b' },
    });
  });

  it('returns null as the earlier values of a new resource', () => {
    expect(fieldChangesBetween(undefined, { name: 'a', parent: null })).toEqual({
      name: { before: null, after: 'a' },
    });
  });

  it('returns null as the later values of a deleted resource', () => {
    expect(fieldChangesBetween({ name: 'a' })).toEqual({ name: { before: 'a', after: null } });
  });

  it('ignores ids and timestamps', () => {
    expect(fieldChangesBetween({ id: 1, updated_at: 1, created_at: 1 }, { id: 2, updated_at: 2 })).toEqual(
      {},
    );
  });

  it('returns removed and added entries of arrays', () => {
    const [a, b, c] = [
      { id: 'a', role: 1 },
      { id: 'b', role: 1 },
      { id: 'c', role: 1 },
    ];
    expect(fieldChangesBetween({ held: [a, b] }, { held: [b, c] })).toEqual({
      held: { before: [a], after: [c] },
    });
  });

  it('ignores the order of entries and members', () => {
    expect(fieldChangesBetween({ held: [{ a: 1, b: 2 }, 3] }, { held: [3, { b: 2, a: 1 }] })).toEqual({});
  });

  it('treats an empty array like null', () => {
    expect(fieldChangesBetween(undefined, { held: [] })).toEqual({});
  });
});

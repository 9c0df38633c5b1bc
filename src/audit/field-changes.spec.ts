import { describe, expect, it } from '@jest/globals';
import { fieldChangesBetween } from './field-changes.js';

describe('The changed fields', () => {
  it('are those that differ, and no others', () => {
    expect(fieldChangesBetween({ name: 'a', size: 1 }, { name: 'b', size: 1 })).toEqual({
      name: { before: 'a', after: 'b' },
    });
  });

  it('of something new come from null', () => {
    expect(fieldChangesBetween(undefined, { name: 'a', parent: null })).toEqual({
      name: { before: null, after: 'a' },
    });
  });

  it('of something gone go to null', () => {
    expect(fieldChangesBetween({ name: 'a' })).toEqual({ name: { before: 'a', after: null } });
  });

  it('leave out what changes with everything, or never', () => {
    expect(fieldChangesBetween({ id: 1, updated_at: 1, created_at: 1 }, { id: 2, updated_at: 2 })).toEqual(
      {},
    );
  });

  it('tell of lists the entries that the other one lacks', () => {
    const [a, b, c] = [
      { id: 'a', role: 1 },
      { id: 'b', role: 1 },
      { id: 'c', role: 1 },
    ];
    expect(fieldChangesBetween({ held: [a, b] }, { held: [b, c] })).toEqual({
      held: { before: [a], after: [c] },
    });
  });

  it('are none where a list has another order, or an entry its members in another one', () => {
    expect(fieldChangesBetween({ held: [{ a: 1, b: 2 }, 3] }, { held: [3, { b: 2, a: 1 }] })).toEqual({});
  });

  it('are none where an empty list comes or goes', () => {
    expect(fieldChangesBetween(undefined, { held: [] })).toEqual({});
  });
});

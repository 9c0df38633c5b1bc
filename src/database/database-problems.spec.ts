import { describe, expect, it } from '@jest/globals';
import { problemOfDatabaseError } from './database-problems.js';

describe('The problem of a database error', () => {
  it('is that of the broken constraint', () => {
    expect(problemOfDatabaseError({ code: '23505', constraint: 'users_email_key' })?.code).toBe(
      'USER_ALREADY_EXISTS',
    );
  });

  it("is that of the constraint when it is a shard's, with its number behind the name", () => {
    expect(problemOfDatabaseError({ code: '23505', constraint: 'users_email_key_102012' })?.code).toBe(
      'USER_ALREADY_EXISTS',
    );
  });

  it('is that of the constraint when only the message names it, as from a coordinator of Citus', () => {
    const message = 'duplicate key value violates unique constraint "users_email_key_102012"';
    expect(problemOfDatabaseError({ code: '23505', message })?.code).toBe('USER_ALREADY_EXISTS');
  });

  it('is none where another error only mentions a constraint', () => {
    const message = 'constraint "users_email_key" for relation "users" already exists';
    expect(problemOfDatabaseError({ code: '42710', message })).toBeUndefined();
  });
});

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

  it.each([
    ['is a standby', '25006'],
    ['does not take our password any more', '28P01'],
    ['does not let us in any more', '28000'],
    ['has no such database any more', '3D000'],
  ])('is that the service is unavailable where the server %s', (_what, code) => {
    expect(problemOfDatabaseError({ code, message: 'x' })?.code).toBe('SERVICE_UNAVAILABLE');
  });

  it('tells what helps where a statement took too long, for which trying again may not', () => {
    const problem = problemOfDatabaseError({ code: '57014', message: 'x' });
    expect(problem?.code).toBe('SERVICE_UNAVAILABLE');
    expect(problem?.toBody('id').messages[0]).toContain('a longer `search`, pages by `after`');
  });

  it('is none where another error only mentions a constraint', () => {
    const message = 'constraint "users_email_key" for relation "users" already exists';
    expect(problemOfDatabaseError({ code: '42710', message })).toBeUndefined();
  });
});

import { describe, expect, it } from '@jest/globals';
import { problemOfDatabaseError } from './database-problems.js';

describe('problemOfDatabaseError', () => {
  it('returns the problem of the violated constraint', () => {
    expect(problemOfDatabaseError({ code: '23505', constraint: 'users_email_key' })?.code).toBe(
      'USER_ALREADY_EXISTS',
    );
  });

  it('ignores the number of a shard after the name of a constraint', () => {
    expect(problemOfDatabaseError({ code: '23505', constraint: 'users_email_key_102012' })?.code).toBe(
      'USER_ALREADY_EXISTS',
    );
  });

  it('finds the constraint in the message, as a Citus coordinator reports it', () => {
    const message = 'duplicate key value violates unique constraint "users_email_key_102012"';
    expect(problemOfDatabaseError({ code: '23505', message })?.code).toBe('USER_ALREADY_EXISTS');
  });

  it.each([
    ['is a standby', '25006'],
    ['rejects the password', '28P01'],
    ['rejects the login', '28000'],
    ['has no such database', '3D000'],
  ])('returns SERVICE_UNAVAILABLE when the server %s', (_reason, code) => {
    expect(problemOfDatabaseError({ code, message: 'x' })?.code).toBe('SERVICE_UNAVAILABLE');
  });

  it('suggests smaller requests after a statement timeout', () => {
    const problem = problemOfDatabaseError({ code: '57014', message: 'x' });
    expect(problem?.code).toBe('SERVICE_UNAVAILABLE');
    expect(problem?.toBody('id').messages[0]).toContain('a longer `search`, pages by `after`');
  });

  it('returns undefined for another error that mentions a constraint', () => {
    const message = 'constraint "users_email_key" for relation "users" already exists';
    expect(problemOfDatabaseError({ code: '42710', message })).toBeUndefined();
  });
});

import { describe, expect, it } from '@jest/globals';
import { problemOfDatabaseError } from './database-problems.js';

describe('problemOfDatabaseError', () => {
  it.each([
    ['of the violated constraint', { constraint: 'users_email_key' }],
    ['when the number of a shard follows the name', { constraint: 'users_email_key_102012' }],
    [
      'when only the message has the name, as on a Citus coordinator',
      { message: 'duplicate key value violates unique constraint "users_email_key_102012"' },
    ],
  ])('returns the problem %s', (_where, error) => {
    expect(problemOfDatabaseError({ code: '23505', ...error })?.code).toBe('USER_ALREADY_EXISTS');
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

import { Param } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { SANDBOX } from '../sandbox-ids.js';
import { PathIdPipe } from '../validation/path-id.pipe.js';

/** Injects and documents the `user_id` of the path. */
export const UserId = (): ParameterDecorator => PathId('user_id', 'User id.');

/** Injects and documents the `account_group_id` of the path. */
export const AccountGroupId = (): ParameterDecorator =>
  PathId('account_group_id', 'Account group id.', SANDBOX.account_groups.europe);

/** Injects and documents the `account_id` of the path. */
export const AccountId = (): ParameterDecorator =>
  PathId('account_id', 'Account id.', SANDBOX.accounts.lisbon);

/** Injects and documents a UUID of the path. */
export function PathId(name: string, description: string, example?: string): ParameterDecorator {
  const schema = { type: 'string', format: 'uuid' } as const;
  const document = ApiParam({ name, description, schema, ...(example === undefined ? {} : { example }) });
  return (target, method, index) => {
    Param(name, PathIdPipe)(target, method, index);
    const descriptor = method && Object.getOwnPropertyDescriptor(target, method);
    if (descriptor) document(target, method, descriptor);
  };
}

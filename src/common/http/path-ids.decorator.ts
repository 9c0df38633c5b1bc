import { ApiParam } from '@nestjs/swagger';
import { SANDBOX } from '../sandbox-ids.js';

/** Documents `user_id` in the path. */
export const ApiUserId = (): MethodDecorator =>
  ApiParam({ name: 'user_id', description: 'User id.', schema: { type: 'string', format: 'uuid' } });

/** Documents `account_group_id` in the path. */
export const ApiAccountGroupId = (): MethodDecorator =>
  ApiParam({
    name: 'account_group_id',
    description: 'Account group id.',
    schema: { type: 'string', format: 'uuid' },
    example: SANDBOX.account_groups.europe,
  });

/** Documents `account_id` in the path. */
export const ApiAccountId = (): MethodDecorator =>
  ApiParam({
    name: 'account_id',
    description: 'Account id.',
    schema: { type: 'string', format: 'uuid' },
    example: SANDBOX.accounts.lisbon,
  });

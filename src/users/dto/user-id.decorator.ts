import { ApiParam } from '@nestjs/swagger';

/** Documents `user_id` in the path. */
export const ApiUserId = (): MethodDecorator =>
  ApiParam({ name: 'user_id', description: 'User id.', schema: { type: 'string', format: 'uuid' } });

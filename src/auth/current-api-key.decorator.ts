import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import type { Caller } from './api-keys.service.js';

/** The id of the key that the caller sent. */
export const CurrentApiKey = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const { caller } = context.switchToHttp().getRequest<Request & { caller?: Caller }>();
  if (caller === undefined) throw new Error('@CurrentApiKey() stands on a route without the API-key guard');
  return caller.api_key_id;
});

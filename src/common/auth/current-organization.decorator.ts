import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { callerOf, requestOf } from './caller.js';

/** Injects the id of the organization that the request was authenticated for. */
export const CurrentOrganization = createParamDecorator(
  (_data: unknown, execution: ExecutionContext): string => callerOf(requestOf(execution)).organization_id,
);

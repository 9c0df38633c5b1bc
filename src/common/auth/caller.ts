import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/** The API key that a request was authenticated with, and the organization that the key belongs to. */
export interface Caller {
  organization_id: string;
  api_key_id: string;
  api_key_name: string;
}

/** Checks the API key again. @throws Problem once the key no longer admits the request */
export type RevalidateKey = () => Promise<void>;

/** A request as the API-key guard leaves it; on a public route neither member is set. */
export type AuthenticatedRequest = Request & {
  caller?: Caller;
  revalidateKey?: (execution: ExecutionContext) => Promise<void>;
};

export function requestOf(execution: ExecutionContext): AuthenticatedRequest {
  return execution.switchToHttp().getRequest<AuthenticatedRequest>();
}

/** @throws Error on a route that the API-key guard does not protect */
export function callerOf({ caller }: AuthenticatedRequest): Caller {
  if (caller === undefined) throw new Error('The route is not protected by the API-key guard');
  return caller;
}

/** Injects a function that checks the request's API key again, for responses that take longer than a revocation. */
export const KeyRevalidation = createParamDecorator((_data, execution: ExecutionContext): RevalidateKey => {
  const { revalidateKey } = requestOf(execution);
  if (revalidateKey === undefined) throw new Error('The route is not protected by the API-key guard');
  return () => revalidateKey(execution);
});

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { requestOf, type RevalidateKey } from './caller.js';

/** Injects a function that checks the request's API key again, for responses that take longer than a revocation. */
export const KeyRevalidation = createParamDecorator(
  (_data: unknown, execution: ExecutionContext): RevalidateKey => {
    const { revalidateKey } = requestOf(execution);
    if (revalidateKey === undefined) throw new Error('The route is not protected by the API-key guard');
    return revalidateKey;
  },
);

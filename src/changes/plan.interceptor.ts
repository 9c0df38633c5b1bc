import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { map, type Observable } from 'rxjs';
import type { ChangingRequest } from './current-change.decorator.js';

/**
 * Adds to the answer of a dry run whose access would differ. An answer without a body cannot carry it: in
 * place of a 204 the plan is answered with 200, and its `status` tells.
 */
@Injectable()
export class PlanInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    return next.handle().pipe(
      map((body: object | undefined) => {
        const { access_changes } = http.getRequest<ChangingRequest>().change ?? {};
        if (access_changes === undefined) return body;
        if (body !== undefined) return { ...body, access_changes };
        const response = http.getResponse<Response>();
        const { statusCode: status } = response;
        response.status(200);
        return { status, access_changes };
      }),
    );
  }
}

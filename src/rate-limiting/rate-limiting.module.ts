import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { RateLimits } from './rate-limits.service.js';
import { RefusalLog } from './refusal-log.js';
import { RequestsInFlight } from './requests-in-flight.js';

@Module({ providers: [RateLimits, RefusalLog, RequestsInFlight], exports: [RateLimits] })
export class RateLimitingModule {}

/** Adds the limits as middleware; call it before all other middleware that costs processor time. */
export function limitRequests(app: NestExpressApplication): void {
  const inFlight = app.get(RequestsInFlight);
  const rates = app.get(RateLimits);
  app.use((request: Request, response: Response, next: NextFunction) => {
    inFlight.countRequest(request, response, next);
  });
  app.use((request: Request, response: Response, next: NextFunction) =>
    rates.countRequest(request, response, next),
  );
}

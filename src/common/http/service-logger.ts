import { Inject, Injectable } from '@nestjs/common';
import { ClsService } from 'nestjs-cls';
import { Logger, PARAMS_PROVIDER_TOKEN, PinoLogger, type Params } from 'nestjs-pino';
import type { RequestContext } from './request-context.js';

/** Contexts in which Nest logs every module and route at start-up. */
const STARTUP_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Adds the request id to lines that are logged during a request. */
@Injectable()
export class ContextLogger extends PinoLogger {
  constructor(
    @Inject(PARAMS_PROVIDER_TOKEN) params: Params,
    private readonly requestContext: ClsService<RequestContext>,
  ) {
    super(params);
  }

  override get logger(): PinoLogger['logger'] {
    const context = this.requestContext.get() as RequestContext | undefined;
    return context?.request?.log ?? super.logger;
  }
}

/** The structured log; Nest's start-up lines are logged at debug level. */
@Injectable()
export class ServiceLogger extends Logger {
  constructor(logger: ContextLogger, @Inject(PARAMS_PROVIDER_TOKEN) params: Params) {
    super(logger, params);
  }

  override log(message: unknown, ...optionalParams: unknown[]): void {
    if (STARTUP_CONTEXTS.has(String(optionalParams.at(-1)))) this.debug(message, ...optionalParams);
    else super.log(message, ...optionalParams);
  }
}

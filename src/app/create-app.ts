import 'reflect-metadata';
import { VersioningType } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import { ClsService } from 'nestjs-cls';
import { parse, type ParsedUrlQuery } from 'node:querystring';
import { AppModule } from './app.module.js';
import type { RequestContext } from '../common/http/request-context.js';
import { logRequests } from '../common/http/request-log.js';
import { ServiceLogger } from '../common/http/service-logger.js';
import { cacheValidationMetadata } from '../common/library-internals/validation-metadata.js';
import { registerValidators } from '../common/validation/validator-container.js';
import type { Settings } from '../config/settings.js';
import { LimitedExpressAdapter } from '../common/http/limited-express.adapter.js';
import { limitRequests } from '../rate-limiting/rate-limiting.module.js';
import { serveOpenApi } from './openapi.js';
import { REFERENCE_RULES } from '../references/reference-rules.js';

/** Swagger UI styles itself inline; plain http on a developer's machine must not be turned into https. */
const ofPages = helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });

/** Express finds routes whatever the case. */
const OF_A_TENANT = /^\/v1(?:\/|$)/i;

/** Of JSON, which no browser shows as a page: what the others say of pages would be a third of a short answer. */
const ofAnswers = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  crossOriginOpenerPolicy: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
});

/** The application, complete but not listening: for the service, the command line and the e2e tests alike. */
export async function createApp(settings: Settings): Promise<NestExpressApplication> {
  const app = await assembleApp(settings);
  try {
    return await app.init();
  } catch (error) {
    await app.close(); // open connections would keep the process alive
    throw error;
  }
}

/** Put together, but with nothing started: the OpenAPI document needs no database. */
export async function assembleApp(settings: Settings): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.register(settings),
    new LimitedExpressAdapter(settings.environment),
    {
      bodyParser: false, // GuardedBodyInterceptor reads bodies, behind the guard
      bufferLogs: true,
      abortOnError: false,
    },
  );
  app.useLogger(app.get(ServiceLogger));
  app.set('trust proxy', settings.environment.TRUST_PROXY || false);
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', wholeQuery);
  app.use(secure);
  limitRequests(app);
  openContexts(app);
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  registerValidators(app, REFERENCE_RULES);
  cacheValidationMetadata();
  serveOpenApi(app);
  logRequests(app);
  return app;
}

/**
 * A store of its own for each request. The middleware of nestjs-cls also keeps requests in a WeakMap: V8 takes what
 * is in one for alive until it clears up the old generation, and copying those requests was most of what it did.
 */
function openContexts(app: NestExpressApplication): void {
  const context = app.get<ClsService<RequestContext>>(ClsService);
  app.use((request: Request, _response: Response, next: NextFunction) => {
    context.run({ ifNested: 'override' }, () => {
      context.get().request = request;
      next();
    });
  });
}

/** All of it: Express looks at the first thousand parts only, and a `dry_run` behind them would be no dry run. */
function wholeQuery(text: string): ParsedUrlQuery {
  return parse(text, '&', '=', { maxKeys: 0 });
}

/** Answers are one tenant's own: no cache on the way may keep them. */
function secure(request: Request, response: Response, next: NextFunction): void {
  if (!OF_A_TENANT.test(request.path)) {
    ofPages(request, response, next);
    return;
  }
  response.setHeader('Cache-Control', 'no-store');
  ofAnswers(request, response, next);
}

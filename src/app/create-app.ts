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

/** Headers of HTML pages. Without upgradeInsecureRequests, because a developer's machine has no https. */
const setPageHeaders = helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });

/** Case-insensitive, like the routes of Express. */
const API_PATH = /^\/v1(?:\/|$)/i;

/** Headers of JSON responses, without those that only affect pages. */
const setApiHeaders = helmet({
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

/** Creates the initialized application, which does not listen yet: for the service, the command line and the tests. */
export async function createApp(settings: Settings): Promise<NestExpressApplication> {
  const app = await assembleApp(settings);
  try {
    return await app.init();
  } catch (error) {
    await app.close(); // open connections would keep the process alive
    throw error;
  }
}

/** Creates the application without initializing it: the OpenAPI document needs no database. */
export async function assembleApp(settings: Settings): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.register(settings),
    new LimitedExpressAdapter(settings.environment),
    {
      bodyParser: false, // JsonBodyInterceptor reads bodies, after the guard
      bufferLogs: true,
      abortOnError: false,
    },
  );
  app.useLogger(app.get(ServiceLogger));
  app.set('trust proxy', settings.environment.TRUST_PROXY || false);
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', parseWholeQuery);
  app.use(setSecurityHeaders);
  limitRequests(app);
  provideRequestContext(app);
  app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
  registerValidators(app, REFERENCE_RULES);
  cacheValidationMetadata();
  serveOpenApi(app);
  logRequests(app);
  return app;
}

/**
 * Runs each request in a context of its own. The middleware of nestjs-cls is not used, because it also keeps requests in
 * a WeakMap, and V8 retains the entries of a WeakMap until it collects the old generation.
 */
function provideRequestContext(app: NestExpressApplication): void {
  const context = app.get<ClsService<RequestContext>>(ClsService);
  app.use((request: Request, _response: Response, next: NextFunction) => {
    context.run({ ifNested: 'override' }, () => {
      context.get().request = request;
      next();
    });
  });
}

/** Parses all parameters. By default Express ignores those after the first thousand, including a `dry_run`. */
function parseWholeQuery(text: string): ParsedUrlQuery {
  return parse(text, '&', '=', { maxKeys: 0 });
}

/** Also forbids caches to store the data of a tenant. */
function setSecurityHeaders(request: Request, response: Response, next: NextFunction): void {
  if (!API_PATH.test(request.path)) {
    setPageHeaders(request, response, next);
    return;
  }
  response.setHeader('Cache-Control', 'no-store');
  setApiHeaders(request, response, next);
}

import type { NestExpressApplication } from '@nestjs/platform-express';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { SealingService } from './audit/sealing.service.js';
import { createApp } from './app/create-app.js';
import { GracefulShutdown } from './common/http/graceful-shutdown.js';
import { logDestination } from './common/http/bounded-log-destination.js';
import { readEnvironment, StartupError, type Environment } from './config/environment.js';
import { baseUrl } from './config/base-url.js';
import { Settings } from './config/settings.js';
import { openDatabase, type OpenDatabase } from './database/open-database.js';
import { SandboxService } from './sandbox/sandbox.service.js';
import { saveKeyPair, sandboxWelcome } from './sandbox/sandbox-welcome.js';
import { RowCountAggregator } from './totals/row-count-aggregator.js';

const LOG_FLUSH_TIMEOUT_MS = 1000;

/** Starts everything, and stops it in reverse order on SIGTERM or SIGINT. */
export async function startService(): Promise<void> {
  try {
    if (existsSync('.env')) process.loadEnvFile('.env');
    const environment = readEnvironment(process.env);
    const database = await openDatabase(environment);
    await serve(environment, database);
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}

async function serve(environment: Environment, database: OpenDatabase): Promise<void> {
  let app: NestExpressApplication | undefined;
  try {
    app = await createApp(new Settings(environment, database.url, database.serviceRole));
    stopOnSignal(app, database, environment.SHUTDOWN_TIMEOUT);
    const sandboxKeys = await createSandbox(app, environment, database);
    await listen(app, environment);
    app.get(SealingService).start();
    app.get(RowCountAggregator).start();
    const { port } = app.getHttpServer().address() as AddressInfo;
    logDestination().flush(); // the welcome text is printed last
    process.stdout.write(sandboxWelcome(baseUrl(environment.HOST, port), sandboxKeys, database.dataDir));
  } catch (error) {
    await app?.close();
    await database.close();
    throw error;
  }
}

/** Only an empty embedded database gets one, and never in production. */
async function createSandbox(
  app: NestExpressApplication,
  { NODE_ENV }: Environment,
  { dataDir }: OpenDatabase,
): ReturnType<SandboxService['createIfEmpty']> {
  if (dataDir === undefined || NODE_ENV === 'production') return undefined;
  return app.get(SandboxService).createIfEmpty((pair) => {
    saveKeyPair(dataDir, pair);
  });
}

async function listen(app: NestExpressApplication, { HOST, PORT }: Environment): Promise<void> {
  try {
    await app.listen(PORT, HOST);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL' && code !== 'ENOTFOUND')
      throw error;
    throw new StartupError(
      `Cannot listen on ${HOST}:${String(PORT)} (${code}). Set HOST or PORT to another value.`,
      { cause: error },
    );
  }
}

function stopOnSignal(app: NestExpressApplication, database: OpenDatabase, timeoutSeconds: number): void {
  const shutdown = new GracefulShutdown(app.getHttpServer());
  const stop = async (): Promise<void> => {
    setTimeout(() => process.exit(1), timeoutSeconds * 1000).unref();
    await shutdown.drain();
    await app.close();
    await database.close();
    await logDestination().end(LOG_FLUSH_TIMEOUT_MS);
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stop().catch((error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      });
    });
  }
}

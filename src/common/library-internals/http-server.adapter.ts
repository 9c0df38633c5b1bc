import { ExpressAdapter } from '@nestjs/platform-express';
import type { RequestListener, Server } from 'node:http';

/** Express on an HTTP server that the subclass creates; ExpressAdapter has no option for it. */
export abstract class HttpServerAdapter extends ExpressAdapter {
  protected abstract createHttpServer(express: RequestListener): Server;

  override initHttpServer(): void {
    this.httpServer = this.createHttpServer(this.getInstance<RequestListener>());
  }
}

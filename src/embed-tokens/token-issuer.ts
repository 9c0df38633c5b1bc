import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { baseUrl } from '../config/base-url.js';
import { Settings } from '../config/settings.js';

/** What the service calls itself in tokens, and whom they are for. */
@Injectable()
export class TokenIssuer {
  constructor(
    private readonly settings: Settings,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  get issuer(): string {
    const { PUBLIC_URL, HOST, PORT } = this.settings.environment;
    return PUBLIC_URL ?? baseUrl(HOST, PORT === 0 ? this.freePort() : PORT);
  }

  get audience(): string {
    return this.settings.environment.TOKEN_AUDIENCE ?? this.issuer;
  }

  private freePort(): number {
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    const address = server.address();
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  }
}

import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Server } from 'node:http';
import { baseUrl } from '../config/base-url.js';
import { Settings } from '../config/settings.js';

/** The issuer and the audience of tokens, by default the URL of the service. */
@Injectable()
export class TokenIssuer {
  constructor(
    private readonly settings: Settings,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  get issuer(): string {
    const { PUBLIC_URL, HOST, PORT } = this.settings.environment;
    return PUBLIC_URL ?? baseUrl(HOST, PORT === 0 ? this.boundPort() : PORT);
  }

  get audience(): string {
    return this.settings.environment.TOKEN_AUDIENCE ?? this.issuer;
  }

  private boundPort(): number {
    const server = this.adapterHost.httpAdapter.getHttpServer() as Server;
    const address = server.address();
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  }
}

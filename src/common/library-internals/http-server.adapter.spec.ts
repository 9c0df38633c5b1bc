import { describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createServer, type RequestListener, type Server } from 'node:http';
import { HttpServerAdapter } from './http-server.adapter.js';

@Module({})
class EmptyModule {}

describe('HttpServerAdapter', () => {
  it('makes Nest use the server of the subclass', async () => {
    const servers: Server[] = [];
    class Adapter extends HttpServerAdapter {
      protected override createHttpServer(express: RequestListener): Server {
        const server = createServer(express);
        servers.push(server);
        return server;
      }
    }
    const app = await NestFactory.create(EmptyModule, new Adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    expect(servers).toHaveLength(1);
    expect(app.getHttpServer()).toBe(servers[0]);
    expect((await fetch(await app.getUrl())).status).toBe(404);
    await app.close();
    expect(servers[0]?.listening).toBe(false);
  });
});

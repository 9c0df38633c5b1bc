import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent, createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stopAccepting } from './node-server.js';

describe('An HTTP server with an idle connection', () => {
  let server: Server;
  let agent: Agent;

  beforeEach(async () => {
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
    server = createServer((_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await requestWith(agent);
  });
  afterEach(() => {
    agent.destroy();
    server.closeAllConnections();
  });

  const port = (): number => (server.address() as AddressInfo).port;
  const requestWith = (by: Agent | false, to = port()): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const request = get({ port: to, host: '127.0.0.1', agent: by }, (response) => {
        response.resume().on('end', () => {
          resolve(request.reusedSocket);
        });
      }).on('error', reject);
    });

  it('accepts further requests on that connection after stopAccepting, and no new connections', async () => {
    const to = port();
    const closed = stopAccepting(server);
    expect(await requestWith(agent, to)).toBe(true);
    await expect(requestWith(false, to)).rejects.toThrow(/ECONNREFUSED/);
    agent.destroy();
    await closed;
  });

  it('closes the connection in close(), which is why stopAccepting exists', async () => {
    await new Promise((resolve) => server.close(resolve));
  });
});

import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Tenant } from './tenant.js';
import { USERS } from './user-load.js';

/** A POST /users whose headers the service has accepted with 100 Continue, and whose body is not sent yet. */
export class ExpectContinueRequest {
  private readonly response: Promise<{ status: number; text: string }>;

  private constructor(
    private readonly message: ClientRequest,
    private readonly body: string,
  ) {
    this.response = once(message, 'response').then(async ([response]: IncomingMessage[]) => ({
      status: response?.statusCode ?? 0,
      text: response === undefined ? '' : await text(response),
    }));
    this.response.catch(() => undefined); // sendBody() rejects
  }

  static async accepted(origin: string, tenant: Tenant, email: string): Promise<ExpectContinueRequest> {
    const headers = { ...tenant.headers, Expect: '100-continue', 'Transfer-Encoding': 'chunked' };
    const message = request(new URL(origin), { method: 'POST', path: USERS, headers, agent: false });
    const pending = new ExpectContinueRequest(message, tenant.user(email));
    message.flushHeaders();
    await once(message, 'continue');
    return pending;
  }

  sendBody(): Promise<{ status: number; text: string }> {
    this.message.end(this.body);
    return this.response;
  }
}

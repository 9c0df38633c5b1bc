import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Tenant } from './tenant.js';
import { USERS } from './user-load.js';

/** A Create User whose headers the service has taken (it said 100 Continue), and whose body it does not have yet. */
export class AnnouncedRequest {
  private readonly answered: Promise<{ status: number; text: string }>;

  private constructor(
    private readonly message: ClientRequest,
    private readonly body: string,
  ) {
    this.answered = once(message, 'response').then(async ([response]: IncomingMessage[]) => ({
      status: response?.statusCode ?? 0,
      text: response === undefined ? '' : await text(response),
    }));
    this.answered.catch(() => undefined); // whoever sends the body is told
  }

  static async accepted(origin: string, tenant: Tenant, email: string): Promise<AnnouncedRequest> {
    const headers = { ...tenant.headers, Expect: '100-continue', 'Transfer-Encoding': 'chunked' };
    const message = request(new URL(origin), { method: 'POST', path: USERS, headers, agent: false });
    const announced = new AnnouncedRequest(message, tenant.user(email));
    message.flushHeaders();
    await once(message, 'continue');
    return announced;
  }

  sendBody(): Promise<{ status: number; text: string }> {
    this.message.end(this.body);
    return this.answered;
  }
}

import { request, type Agent, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

/** Of a request to the service. */
export interface Call {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | undefined;
  agent?: Agent;
}

/** A whole one: status, headers, and the body to its end. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  milliseconds: number;
}

/** Milliseconds after which nobody waits for an answer any more, so that no test hangs. */
const LOST_AFTER = 20_000;

/** @throws when the connection is refused, or breaks before the answer is whole */
export async function send(origin: string, { path, body, ...options }: Call): Promise<Answer> {
  const start = performance.now();
  const { status, headers, content } = await new Promise<Reply>((resolve, reject) => {
    const message = request(new URL(origin), { ...options, path, timeout: LOST_AFTER }, (response) => {
      const { statusCode = 0, headers } = response;
      text(response).then((content) => {
        resolve({ status: statusCode, headers, content });
      }, reject);
    });
    message.on('error', reject);
    message.on('timeout', () => message.destroy(new Error(`no answer to ${path}`)));
    message.end(body);
  });
  return { status, headers, text: content, milliseconds: performance.now() - start };
}

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  content: string;
}

/** As JSON, with the keys of one organization. */
export function jsonHeaders(keys: Record<string, string>): Record<string, string> {
  return { ...keys, 'Content-Type': 'application/json' };
}

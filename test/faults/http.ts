import { request, type Agent, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Call {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | undefined;
  agent?: Agent;
}

/** A complete response. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  milliseconds: number;
}

const RESPONSE_TIMEOUT_MS = 20_000;

/** @throws when the connection is refused or closes before the response is complete */
export async function send(origin: string, { path, body, ...options }: Call): Promise<Answer> {
  const start = performance.now();
  const { status, headers, content } = await new Promise<Reply>((resolve, reject) => {
    const message = request(
      new URL(origin),
      { ...options, path, timeout: RESPONSE_TIMEOUT_MS },
      (response) => {
        const { statusCode = 0, headers } = response;
        text(response).then((content) => {
          resolve({ status: statusCode, headers, content });
        }, reject);
      },
    );
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

export function jsonHeaders(keys: Record<string, string>): Record<string, string> {
  return { ...keys, 'Content-Type': 'application/json' };
}

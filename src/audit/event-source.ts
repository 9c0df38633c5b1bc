import type { Request } from 'express';
import { userInfo } from 'node:os';

/** Who caused an event. */
export interface Actor {
  type: 'api_key' | 'command_line';
  id: string | null;
  /** At the time of the event. */
  name: string;
}

/** Who caused an event, and the request that caused it. */
export interface EventSource {
  actor: Actor;
  request_id: string | null;
  address: string | null;
  user_agent: string | null;
}

const USER_AGENT_MAX = 512;

/** @param key the API key of the request */
export function eventSourceOf(request: Request, key: { id: string; name: string }): EventSource {
  const { id, ip, headers } = request as Request & { id?: unknown };
  return {
    actor: { type: 'api_key', ...key },
    request_id: typeof id === 'string' ? id : null,
    address: ip ?? null,
    user_agent: headers['user-agent']?.slice(0, USER_AGENT_MAX) ?? null,
  };
}

/** Commands need no API key; the name of their actor is the user of the operating system. */
export function commandLineSource(): EventSource {
  const actor: Actor = { type: 'command_line', id: null, name: userName() };
  return { actor, request_id: null, address: null, user_agent: null };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // in a container the user may have no name
  }
}

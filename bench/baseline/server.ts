import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { CREATE_USER, RETRIEVE_USER } from './statements.ts';

/**
 * The baseline: the same work without a framework, authentication, validation, tenants and log. Node's HTTP server, one
 * statement per request, and a pool of the same size as the service's.
 */
const { DATABASE_URL, ORGANIZATION_ID = '', PORT } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 10 });

interface NewUser {
  email: string;
  first_name: string;
  last_name: string;
  account_permissions: { account_id: string; role_id: string }[];
  account_group_permissions: { account_group_id: string; role_id: string }[];
}

interface Timestamps {
  created_at: Date;
  updated_at: Date;
}

async function create(user: NewUser): Promise<object> {
  const { email, first_name, last_name, account_permissions, account_group_permissions } = user;
  const id = uuidv7();
  const changes = Object.entries(user).map(([field, after]) => [
    field,
    { before: null, after: after as unknown },
  ]);
  const { rows } = await pool.query<Timestamps>({
    ...CREATE_USER,
    values: [
      ORGANIZATION_ID,
      id,
      email,
      first_name,
      last_name,
      account_permissions.map(({ account_id }) => account_id),
      account_permissions.map(({ role_id }) => role_id),
      account_group_permissions.map(({ account_group_id }) => account_group_id),
      account_group_permissions.map(({ role_id }) => role_id),
      uuidv7(),
      JSON.stringify(Object.fromEntries(changes)),
    ],
  });
  return { id, email, first_name, last_name, account_permissions, account_group_permissions, ...rows[0] };
}

async function retrieve(id: string): Promise<object | undefined> {
  const { rows } = await pool.query<object>({ ...RETRIEVE_USER, values: [ORGANIZATION_ID, id] });
  return rows[0];
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '' } = request;
  if (url === '/health/ready') {
    response.end();
  } else if (method === 'POST') {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    respond(response, 201, await create(JSON.parse(Buffer.concat(chunks).toString()) as NewUser));
  } else {
    const user = await retrieve(url.slice(url.lastIndexOf('/') + 1));
    respond(response, user === undefined ? 404 : 200, user ?? {});
  }
}

function respond(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

createServer((request, response) => {
  handle(request, response).catch((error: unknown) => {
    respond(response, 500, { error: String(error) });
  });
}).listen(Number(PORT), '127.0.0.1');

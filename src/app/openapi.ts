import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { READ_AFTER, WRITTEN } from '../database/replicas/read-your-writes.interceptor.js';
import { problemExamples } from '../common/errors/api-problems.decorator.js';

/** The whole API as OpenAPI 3.1. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const description = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Tenantry')
    .setDescription(
      'Organizations, account groups, accounts, roles and users: who may do what, where, and why. ' +
        'Every request carries the two halves of an API key. Errors are explained at [/errors](/errors).',
    )
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addTag('Organization', 'Your own organization.')
    .addTag('Users', 'People and the roles that they hold on accounts and groups.')
    .addTag('Permissions of users', 'Giving and taking roles later.')
    .addTag('Access', 'Who may do what, where, and why.')
    .addTag('Embed tokens', 'Who a user is, said by a signed token to your pages and backends.')
    .addTag('API keys', 'What your backends send, and what each may do.')
    .addTag('Roles', 'Named sets of permissions.')
    .addTag('Account groups', 'Bundles of accounts; groups nest.')
    .addTag('Accounts', 'The business units that roles are held on.')
    .addTag('Audit trail', 'Who changed what, and when.')
    .addApiKey(
      { type: 'apiKey', in: 'header', name: 'PUBLIC-API-KEY', description: 'Public half of your key pair.' },
      'sec0',
    )
    .addApiKey(
      {
        type: 'apiKey',
        in: 'header',
        name: 'PRIVATE-SECRET-KEY',
        description: 'Secret half of your key pair.',
      },
      'sec1',
    )
    .addSecurityRequirements({ sec0: [], sec1: [] })
    .build();
  const document = SwaggerModule.createDocument(app, description);
  const components = { ...document.components, examples: problemExamples() };
  return withPositions(withScopes(withNullTypes({ ...document, components }) as OpenAPIObject));
}

/** Each operation says in words too which scope it needs. */
function withScopes(document: OpenAPIObject): OpenAPIObject {
  const operations = Object.values(document.paths).flatMap(
    (path) => Object.values(path) as { description?: string; 'x-required-scope'?: string }[],
  );
  for (const operation of operations) {
    const scope = operation['x-required-scope'];
    if (scope === undefined) continue;
    operation.description = `${operation.description ?? ''} Needs the scope \`${scope}\`.`.trim();
  }
  return document;
}

const WAL_POSITION = {
  type: 'string',
  pattern: '^[0-9A-F]{1,8}/[0-9A-F]{1,8}$',
  examples: ['16/B374D848'],
};

/** Each change says how far it went, and whatever reads can be told to have all of that. */
function withPositions(document: OpenAPIObject): OpenAPIObject {
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path) as Positioned[]);
  for (const { parameters = [], responses, ...operation } of operations) {
    if (operation['x-required-scope'] === undefined) continue;
    if (parameters.some(({ name }) => name === 'X-Idempotency-Key')) {
      for (const answer of [responses['200'], responses['201'], responses['204']])
        if (answer !== undefined) answer.headers = { ...answer.headers, [WRITTEN]: WRITTEN_HEADER };
    } else parameters.push(READ_AFTER_PARAMETER);
  }
  return document;
}

interface Positioned {
  parameters?: { name: string }[];
  responses: Record<string, { headers?: object } | undefined>;
  'x-required-scope'?: string;
}

const WRITTEN_HEADER = {
  description: `Only where replicas of the database answer reads: to be sent as \`${READ_AFTER}\`, if at all.`,
  schema: WAL_POSITION,
};

const READ_AFTER_PARAMETER = {
  name: READ_AFTER,
  in: 'header',
  required: false,
  description:
    `The \`${WRITTEN}\` of a change: the answer shows what was written until then, also by another process of the ` +
    'service. Anything else counts as now.',
  schema: { type: 'string' },
};

/** OpenAPI 3.1 says `type: [string, null]` where Nest's decorators still say `nullable: true`. */
function withNullTypes(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withNullTypes);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, ...rest } = node as Record<string, unknown>;
  const members = Object.entries(rest).map(([key, value]) => [key, withNullTypes(value)] as const);
  const schema = Object.fromEntries(members);
  return nullable === true ? { ...schema, type: [schema['type'], 'null'] } : schema;
}

/** Swagger UI at /docs, the document at /openapi.json. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Tenantry API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, operationsSorter: 'none' },
  });
}

import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { READ_AFTER_HEADER, WRITTEN_HEADER } from '../database/replicas/read-your-writes.interceptor.js';
import { problemExamples } from '../common/errors/api-problems.decorator.js';

/** Returns the API in OpenAPI 3.1. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const description = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Tenantry')
    .setDescription(
      'Organizations, account groups, accounts, roles and users: who may do what, where, and why. ' +
        'Every request must send both halves of an API key pair. [/errors](/errors) explains the errors.',
    )
    .setVersion('1')
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addTag('Organization', 'Your own organization.')
    .addTag('Users', 'People and the roles that they have on accounts and account groups.')
    .addTag('Permissions of users', 'Add and remove the roles of an existing user.')
    .addTag('Access', 'Who may do what, where, and why.')
    .addTag('Embed tokens', 'Signed tokens that identify a user to your pages and backends.')
    .addTag('API keys', 'The key pairs of your backends, and what each may do.')
    .addTag('Roles', 'Named sets of permissions.')
    .addTag('Account groups', 'Nested groups of accounts.')
    .addTag('Accounts', 'The business units on which users have roles.')
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
  return describeOperations(convertNullableTypes({ ...document, components }) as OpenAPIObject);
}

const WAL_POSITION = {
  type: 'string',
  pattern: '^[0-9A-F]{1,8}/[0-9A-F]{1,8}$',
  examples: ['16/B374D848'],
};

interface Operation {
  description?: string;
  parameters?: { name: string }[];
  responses: Record<string, { headers?: object } | undefined>;
  'x-required-scope'?: string;
}

/** Adds the required scope to the descriptions, and the headers of reads that replicas serve. */
function describeOperations(document: OpenAPIObject): OpenAPIObject {
  for (const operation of Object.values(document.paths).flatMap(
    (path) => Object.values(path) as Operation[],
  )) {
    const scope = operation['x-required-scope'];
    if (scope === undefined) continue;
    operation.description = `${operation.description ?? ''} Requires the scope \`${scope}\`.`.trim();
    describeReplicaHeaders(operation);
  }
  return document;
}

function describeReplicaHeaders({ parameters = [], responses }: Operation): void {
  const isChange = parameters.some(({ name }) => name === 'X-Idempotency-Key');
  if (!isChange) parameters.push(READ_AFTER_PARAMETER);
  else
    for (const response of [responses['200'], responses['201'], responses['204']])
      if (response !== undefined)
        response.headers = { ...response.headers, [WRITTEN_HEADER]: WRITTEN_HEADER_OBJECT };
}

const WRITTEN_HEADER_OBJECT = {
  description: `Sent when replicas of the database serve reads. Send it as \`${READ_AFTER_HEADER}\` in reads that must see this change.`,
  schema: WAL_POSITION,
};

const READ_AFTER_PARAMETER = {
  name: READ_AFTER_HEADER,
  in: 'header',
  required: false,
  description:
    `The \`${WRITTEN_HEADER}\` of a change: the response includes that change and all earlier ones, also those of other ` +
    'processes of the service. Any other value stands for all changes until now.',
  schema: { type: 'string' },
};

/** Replaces `nullable: true`, which Nest's decorators emit, by the `type: [string, null]` of OpenAPI 3.1. */
function convertNullableTypes(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(convertNullableTypes);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, ...rest } = node as Record<string, unknown>;
  const members = Object.entries(rest).map(([key, value]) => [key, convertNullableTypes(value)] as const);
  const schema = Object.fromEntries(members);
  return nullable === true ? { ...schema, type: [schema['type'], 'null'] } : schema;
}

/** Serves Swagger UI at /docs, and the document at /openapi.json. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: 'Tenantry API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, operationsSorter: 'none' },
  });
}

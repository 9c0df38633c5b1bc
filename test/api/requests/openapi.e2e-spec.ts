import { beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { SCOPES } from '../../../src/common/auth/scopes.js';
import { FIELD_CODES, PROBLEMS } from '../../../src/common/errors/catalogue.js';
import { CREATE_USER_CONTRACT as CONTRACT } from '../users/create-user-contract.js';
import { useService } from '../../support/use-service.js';

interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  example?: unknown;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
}
interface Content {
  schema: Schema;
  examples?: Record<string, unknown>;
}
interface Parameter {
  name: string;
  description?: string;
  required?: boolean;
  schema: Schema;
}
interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  security?: unknown[];
  'x-required-scope'?: string;
  parameters?: Parameter[];
  requestBody?: { required: boolean; content: Record<string, Content> };
  responses: Record<string, { content?: Record<string, Content> }>;
}

describe('The OpenAPI document', () => {
  const { service } = useService({ organizations: [] });
  let schemas: Record<string, Schema>;
  let operations: Operation[];
  let createUser: Operation;

  beforeAll(() => {
    schemas = service.document.components?.schemas as Record<string, Schema>;
    const paths = service.document.paths as unknown as Record<string, Record<string, Operation>>;
    operations = Object.values(paths).flatMap((item) => Object.values(item));
    const operation = paths[`/v1${CONTRACT.path}`]?.[CONTRACT.method];
    if (operation === undefined) throw new Error('the document has no Create User');
    createUser = operation;
  });

  const resolved = (schema: Schema | undefined): Schema =>
    (schema?.$ref === undefined ? schema : schemas[String(schema.$ref.split('/').at(-1))]) ?? {};

  const expectShape = (schema: Schema, promised: { properties: object; arrays: object }): void => {
    for (const [name, form] of Object.entries(promised.properties)) {
      expect([name, schema.properties?.[name]]).toEqual([name, expect.objectContaining(form as object)]);
    }
    for (const [name, members] of Object.entries(promised.arrays)) {
      expect([name, schema.properties?.[name]?.type]).toEqual([name, 'array']);
      const entry = resolved(schema.properties?.[name]?.items);
      expect(entry.required).toEqual(Object.keys(members as object));
      for (const [member, form] of Object.entries(members as Record<string, object>)) {
        expect(entry.properties?.[member]).toMatchObject(form);
      }
    }
  };

  it('is served at GET /openapi.json, and committed as docs/openapi.json (npm run openapi)', async () => {
    const answer = await request(service.server).get('/openapi.json');
    expect([answer.status, answer.body]).toEqual([200, service.document]);
  });

  it('is OpenAPI 3.1', () => {
    expect(service.document.openapi).toBe('3.1.0');
    expect(JSON.stringify(service.document)).not.toContain('"nullable"');
  });

  it('has the operation id of Create User of the public API', () => {
    expect(createUser.operationId).toBe(CONTRACT.operation_id);
  });

  it('requires for Create User what the public API requires', () => {
    expect(createUser.requestBody?.required).toBe(true);
    const body = resolved(createUser.requestBody?.content['application/json']?.schema);
    expect(body.required).toEqual(CONTRACT.request.required);
    expectShape(body, CONTRACT.request);
  });

  it('returns from Create User what the public API returns', () => {
    const answer = resolved(
      createUser.responses[CONTRACT.answer.status]?.content?.['application/json']?.schema,
    );
    expectShape(answer, CONTRACT.answer);
    expect(answer.required).toEqual(
      expect.arrayContaining([
        ...Object.keys(CONTRACT.answer.properties),
        ...Object.keys(CONTRACT.answer.arrays),
      ]),
    );
  });

  it('requires both API key headers of the public API', () => {
    const schemes = service.document.components?.securitySchemes;
    for (const [scheme, header] of Object.entries(CONTRACT.security_headers)) {
      expect(schemes?.[scheme]).toMatchObject({ type: 'apiKey', in: 'header', name: header });
    }
    expect(service.document.security).toEqual([{ sec0: [], sec1: [] }]);
    expect(operations.filter(({ security }) => security !== undefined)).toEqual([
      expect.objectContaining({ operationId: 'list-signing-keys', security: [] }),
    ]);
  });

  it('summarizes and describes every operation', () => {
    expect(operations.filter(({ summary, description }) => !summary || !description)).toEqual([]);
  });

  it('names the required scope of every operation', () => {
    for (const { operationId, security, description, 'x-required-scope': scope } of operations) {
      if (security !== undefined) continue;
      expect([operationId, SCOPES]).toEqual([operationId, expect.arrayContaining([scope])]);
      expect(description).toContain(`Requires the scope \`${String(scope)}\`.`);
    }
  });

  it('describes every property and has an example of it', () => {
    for (const [name, schema] of Object.entries(schemas)) {
      for (const [property, field] of Object.entries(schema.properties ?? {})) {
        const nested = resolved(field.items).properties ?? resolved(field).properties;
        expect([name, property, field.description]).toEqual([name, property, expect.stringMatching(/./)]);
        if (nested === undefined)
          expect([name, property, 'example' in field]).toEqual([name, property, true]);
      }
    }
  });

  it('describes every parameter', () => {
    const parameters = operations.flatMap(({ operationId, parameters = [] }) =>
      parameters.map(({ name, description }) => [operationId, name, description]),
    );
    expect(parameters.filter(([, , description]) => !description)).toEqual([]);
  });

  it('has a cursor parameter for every list with pages', () => {
    const listed = operations.filter(({ parameters = [] }) => parameters.some(({ name }) => name === 'page'));
    expect(listed.map(({ operationId }) => operationId).sort()).toEqual([
      'list-account-groups',
      'list-accounts',
      'list-accounts-of-group',
      'list-api-keys',
      'list-users',
      'list-users-of-account',
      'retrieve-effective-access',
    ]);
    for (const { parameters } of listed) {
      expect(parameters).toContainEqual(expect.objectContaining({ name: 'after', required: false }));
    }
  });

  it('requires only those pagination properties that a page by cursor has', () => {
    expect(schemas['Pagination']?.required).toEqual(['page_size', 'has_next', 'has_previous', 'next_cursor']);
    expect(schemas['Pagination']?.properties?.['next_cursor']?.type).toEqual(['string', 'null']);
  });

  it('has an example for every error of every operation', () => {
    for (const { operationId, responses, security } of operations) {
      const errors = Object.entries(responses).filter(([status]) => Number(status) >= 400);
      expect([operationId, errors.map(([status]) => status)]).toEqual([
        operationId,
        expect.arrayContaining([...(security === undefined ? ['401', '403'] : []), '429', '500', '503']),
      ]);
      for (const [status, { content }] of errors) {
        const examples = Object.entries(content?.['application/problem+json']?.examples ?? {});
        expect([operationId, status, examples.length]).not.toEqual([operationId, status, 0]);
        for (const [code, example] of examples) {
          expect(example).toEqual({ $ref: `#/components/examples/${code}` });
          expect(service.document.components?.examples?.[code]).toMatchObject({
            value: { code, status: Number(status), type: `/errors#${code}` },
          });
        }
      }
    }
  });

  it('lists every error code of the catalogue', () => {
    const { properties } = schemas['ProblemResponse'] ?? {};
    expect(properties?.['code']).toMatchObject({ enum: Object.keys(PROBLEMS) });
    expect(schemas['FieldErrorResponse']?.properties?.['code']).toMatchObject({
      enum: expect.arrayContaining(Object.keys(FIELD_CODES)),
    });
  });

  it('is shown by Swagger UI at GET /docs, without keys', async () => {
    const page = await request(service.server).get('/docs');
    expect(page.status).toBe(200);
    expect(page.text).toContain('swagger-ui');
  });
});

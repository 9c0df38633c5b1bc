import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { OpenAPIObject } from '@nestjs/swagger';

interface Answer {
  status: number;
  type: string;
  body: unknown;
}

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

const STATUSES_WITHOUT_BODY = new Set([204, 304]);

/** Validates responses against the OpenAPI document of the service. */
export class ResponseValidator {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly validators = new Map<object, ValidateFunction>();
  private readonly paths: { pattern: RegExp; operations: Record<string, Operation | undefined> }[];

  constructor(document: OpenAPIObject) {
    addFormats.default(this.ajv);
    this.ajv.addSchema({ $id: 'openapi', components: document.components });
    this.paths = Object.entries(document.paths).map(([template, operations]) => ({
      pattern: new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
      operations: operations as unknown as Record<string, Operation>,
    }));
  }

  /** @throws Error if the operation does not document the status or the content type, or if the body is invalid */
  validate(method: string, path: string, answer: Answer): void {
    const operation = this.operation(method, path.split('?')[0] ?? path);
    if (operation === undefined) return; // no such route: the answer is 404 or 405
    const where = `${method} ${path} ${String(answer.status)}`;
    const documented = operation.responses[String(answer.status)];
    if (documented === undefined) throw new Error(`${where}: this status is not documented`);
    if (documented.content === undefined && STATUSES_WITHOUT_BODY.has(answer.status)) return;
    const schema = documented.content?.[answer.type]?.schema;
    if (schema === undefined) throw new Error(`${where}: the content type ${answer.type} is not documented`);
    const validate = this.validatorOf(schema);
    if (!validate(answer.body)) throw new Error(`${where}: ${this.ajv.errorsText(validate.errors)}`);
  }

  private operation(method: string, path: string): Operation | undefined {
    return this.paths.find(({ pattern }) => pattern.test(path))?.operations[method.toLowerCase()];
  }

  /** Compiled once per schema: compiling takes far longer than validating. */
  private validatorOf(schema: object): ValidateFunction {
    const known = this.validators.get(schema);
    if (known !== undefined) return known;
    const json = JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components');
    const validate = this.ajv.compile(JSON.parse(json) as object);
    this.validators.set(schema, validate);
    return validate;
  }
}

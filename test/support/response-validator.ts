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

const WITHOUT_BODY = new Set([204, 304]);

/** Checks answers against the OpenAPI document that the service itself serves. */
export class Conformity {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly compiled = new Map<string, ValidateFunction>();

  constructor(private readonly document: OpenAPIObject) {
    addFormats.default(this.ajv);
    this.ajv.addSchema({ $id: 'openapi', components: document.components });
  }

  /** @throws when the operation does not document this status and type, or the body is of another form */
  check(method: string, path: string, answer: Answer): void {
    const operation = this.operation(method, path.split('?')[0] ?? path);
    if (operation === undefined) return; // the route does not exist: the answer is 404 or 405
    const where = `${method} ${path} ${String(answer.status)}`;
    const documented = operation.responses[String(answer.status)];
    if (documented === undefined) throw new Error(`${where}: the document has no such answer`);
    if (documented.content === undefined && WITHOUT_BODY.has(answer.status)) return;
    const schema = documented.content?.[answer.type]?.schema;
    if (schema === undefined) throw new Error(`${where}: the document has no answer of type ${answer.type}`);
    const validate = this.validator(where, schema);
    if (!validate(answer.body)) throw new Error(`${where}: ${this.ajv.errorsText(validate.errors)}`);
  }

  private operation(method: string, path: string): Operation | undefined {
    const template = Object.keys(this.document.paths).find((candidate) =>
      new RegExp(`^${candidate.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(path),
    );
    const operations = template === undefined ? undefined : this.document.paths[template];
    return (operations as Record<string, Operation> | undefined)?.[method.toLowerCase()];
  }

  private validator(where: string, schema: object): ValidateFunction {
    const key = `${where} ${JSON.stringify(schema)}`;
    const known = this.compiled.get(key);
    if (known !== undefined) return known;
    const absolute = JSON.parse(
      JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components'),
    ) as object;
    const validate = this.ajv.compile(absolute);
    this.compiled.set(key, validate);
    return validate;
  }
}

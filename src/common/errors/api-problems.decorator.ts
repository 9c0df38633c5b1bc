import { applyDecorators } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { FIELD_CODES, PROBLEMS, type ProblemCode } from './catalogue.js';
import { Problem, type FieldError } from './problem.js';
import { ProblemResponse } from './problem.response.js';

const PUBLIC: readonly ProblemCode[] = ['RATE_LIMITED', 'INTERNAL_ERROR', 'SERVICE_UNAVAILABLE'];
const AUTHENTICATED: readonly ProblemCode[] = [
  'INVALID_CREDENTIALS',
  'INSUFFICIENT_SCOPE',
  'IP_NOT_ALLOWED',
  ...PUBLIC,
];
const WITH_BODY: readonly ProblemCode[] = [
  'VALIDATION_ERROR',
  'INVALID_JSON',
  'BAD_REQUEST',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
];
const EXAMPLE_ID = '019b0000-0000-7000-8000-0000000000ff';
const EXAMPLE_FIELDS: Partial<Record<ProblemCode, FieldError>> = {
  VALIDATION_ERROR: {
    field: 'account_permissions[0].role_id',
    code: 'ROLE_NOT_ASSIGNABLE',
    message: FIELD_CODES.ROLE_NOT_ASSIGNABLE,
  },
  USER_ALREADY_EXISTS: {
    field: 'email',
    code: 'USER_ALREADY_EXISTS',
    message: 'must not be the e-mail address of another user of the organization',
  },
};

/** Documents the errors of a route that needs an API key: the given ones, and those common to all such routes. */
export function ApiProblems(...codes: ProblemCode[]): MethodDecorator {
  return documentProblems([...codes, ...AUTHENTICATED]);
}

/** The same for a route with a request body. */
export function ApiBodyProblems(...codes: ProblemCode[]): MethodDecorator {
  return documentProblems([...WITH_BODY, ...codes, ...AUTHENTICATED]);
}

/** The same for a `@Public()` route. */
export function ApiPublicProblems(...codes: ProblemCode[]): MethodDecorator {
  return documentProblems([...codes, ...PUBLIC]);
}

function documentProblems(codes: readonly ProblemCode[]): MethodDecorator {
  const statuses = [...new Set(codes.map((code) => PROBLEMS[code].status))].sort((a, b) => a - b);
  return applyDecorators(
    ApiExtraModels(ProblemResponse),
    ...statuses.map((status) => {
      const ofStatus = codes.filter((code) => PROBLEMS[code].status === status);
      return ApiResponse({
        status,
        description: ofStatus.map((code) => `\`${code}\`: ${PROBLEMS[code].when}`).join(' '),
        content: {
          'application/problem+json': {
            schema: { $ref: getSchemaPath(ProblemResponse) },
            examples: Object.fromEntries(
              ofStatus.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
            ),
          },
        },
      });
    }),
  );
}

/** Returns the examples that operations refer to, for the components of the OpenAPI document. */
export function problemExamples(): Record<string, { value: object }> {
  const codes = Object.keys(PROBLEMS) as ProblemCode[];
  return Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }]));
}

function exampleOf(code: ProblemCode): object {
  const field = EXAMPLE_FIELDS[code];
  return new Problem(code, field === undefined ? {} : { errors: [field] }).toBody(EXAMPLE_ID);
}

import { applyDecorators, HttpCode, UseInterceptors, type Type } from '@nestjs/common';
import { ApiHeader, ApiQuery, ApiResponse, IntersectionType } from '@nestjs/swagger';
import { ApiBodyProblems, ApiProblems } from '../common/errors/api-problems.decorator.js';
import type { ProblemCode } from '../common/errors/catalogue.js';
import { ETAG } from '../common/http/with-etag.decorator.js';
import { WithLocation, WithETag } from '../common/http/representation.interceptor.js';
import { Mutation } from '../common/http/mutation.decorator.js';
import { MutationInterceptor } from './mutation.interceptor.js';
import { MutationQuery } from './current-mutation.decorator.js';
import { DeletionPlanResponse, PlanResponse } from './dto/plan.response.js';

const COMMON_PROBLEMS: readonly ProblemCode[] = [
  'PLAN_TOO_LARGE',
  'IDEMPOTENCY_KEY_REUSED',
  'REQUEST_IN_PROGRESS',
];

interface MutationResponse {
  description: string;
  type: Type;
  /** Whether the response is the resource itself, with its ETag. */
  hasETag?: boolean;
  problems?: readonly ProblemCode[];
}

/** Documents a POST that creates a resource: 201. @param location path that the new id is appended to */
export function ApiCreation({
  problems = [],
  location,
  ...response
}: MutationResponse & { location: string }): MethodDecorator {
  return applyDecorators(
    IdempotentMutation,
    WithLocation(location),
    ...respondWith(201, response, {
      Location: {
        description: 'Path of the new resource.',
        schema: { type: 'string', format: 'uri-reference' },
      },
    }),
    ApiBodyProblems(...problems, ...COMMON_PROBLEMS),
  );
}

/** Documents a PUT or PATCH: 200. */
export function ApiUpdate({ problems = [], ...response }: MutationResponse): MethodDecorator {
  return applyDecorators(
    IdempotentMutation,
    ...respondWith(200, response),
    ConditionalMutation,
    ApiBodyProblems(...problems, 'PRECONDITION_FAILED', ...COMMON_PROBLEMS),
  );
}

/** Documents a DELETE: 200 if it has a response type, otherwise 204. */
export function ApiDeletion({
  problems = [],
  query = MutationQuery,
  ...response
}: Omit<MutationResponse, 'type' | 'hasETag'> & {
  type?: Type;
  query?: Type<MutationQuery>;
}): MethodDecorator {
  const { description, type } = response;
  const responses =
    type === undefined
      ? [
          HttpCode(204),
          ApiQuery({ type: query }),
          ApiResponse({ status: 204, description }),
          ApiResponse({
            status: 200,
            description: 'With `dry_run` only: the plan.',
            type: DeletionPlanResponse,
          }),
        ]
      : respondWith(200, { description, type });
  return applyDecorators(
    IdempotentMutation,
    ...responses,
    ConditionalMutation,
    ApiProblems('VALIDATION_ERROR', ...problems, 'PRECONDITION_FAILED', ...COMMON_PROBLEMS),
  );
}

const IdempotentMutation = applyDecorators(
  Mutation(true),
  UseInterceptors(MutationInterceptor),
  ApiHeader({
    name: 'X-Idempotency-Key',
    description:
      'Visible ASCII characters, unique per request; also accepted as `Idempotency-Key`. If the same request is sent ' +
      'again, it is not executed twice: the response is that of the first, with `Idempotent-Replayed: true`.',
    required: false,
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  }),
);

const ConditionalMutation = ApiHeader({
  name: 'If-Match',
  description: 'ETag of the last known representation: 412 if the resource has changed since.',
  required: false,
  schema: { type: 'string' },
});

function respondWith(
  status: number,
  { description, type, hasETag = false }: Omit<MutationResponse, 'problems'>,
  headers = {},
): MethodDecorator[] {
  return [
    ...(hasETag ? [WithETag(true)] : []),
    ApiQuery({ type: MutationQuery }),
    ApiResponse({
      status,
      description,
      headers: { ...headers, ...(hasETag ? ETAG : {}) },
      type: withPlan(type),
    }),
  ];
}

const plans = new Map<Type, Type>();

/** Returns a class that adds the plan of a dry run to the response: `UserResponse` becomes `UserChangeResponse`. */
function withPlan(type: Type): Type {
  const name = type.name.replace(/Response$/, 'ChangeResponse');
  const known = plans.get(type) ?? { [name]: class extends IntersectionType(type, PlanResponse) {} }[name];
  if (known === undefined) throw new Error(`${name} could not be created`);
  plans.set(type, known);
  return known;
}

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

interface Problems {
  /** Codes besides those that all changes of this kind have. */
  problems?: readonly ProblemCode[];
}

/**
 * Documents a POST that creates a resource: 201 with the resource and its ETag.
 * @param location path that the new id is appended to
 */
export function ApiCreation(
  type: Type,
  description: string,
  { location, problems = [] }: Problems & { location: string },
): MethodDecorator {
  return applyDecorators(
    IdempotentMutation,
    WithLocation(location),
    WithETag(true),
    ...respondWith(201, type, description, {
      Location: {
        description: 'Path of the new resource.',
        schema: { type: 'string', format: 'uri-reference' },
      },
      ...ETAG,
    }),
    ApiBodyProblems(...problems, ...COMMON_PROBLEMS),
  );
}

/**
 * Documents a PUT or PATCH of an existing resource: 200.
 * @param hasETag whether the response is the resource itself, with its ETag
 */
export function ApiUpdate(
  type: Type,
  description: string,
  { hasETag = true, problems = [] }: Problems & { hasETag?: boolean } = {},
): MethodDecorator {
  return applyDecorators(
    IdempotentMutation,
    ...(hasETag ? [WithETag(true)] : []),
    ...respondWith(200, type, description, hasETag ? ETAG : {}),
    ConditionalMutation,
    ApiBodyProblems('NOT_FOUND', ...problems, 'PRECONDITION_FAILED', ...COMMON_PROBLEMS),
  );
}

/** Documents a DELETE: 200 if it has a response type, otherwise 204. */
export function ApiDeletion(
  description: string,
  {
    type,
    query = MutationQuery,
    problems = [],
  }: Problems & { type?: Type; query?: Type<MutationQuery> } = {},
): MethodDecorator {
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
      : respondWith(200, type, description);
  return applyDecorators(
    IdempotentMutation,
    ...responses,
    ConditionalMutation,
    ApiProblems('VALIDATION_ERROR', 'NOT_FOUND', ...problems, 'PRECONDITION_FAILED', ...COMMON_PROBLEMS),
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

function respondWith(status: number, type: Type, description: string, headers = {}): MethodDecorator[] {
  return [
    ApiQuery({ type: MutationQuery }),
    ApiResponse({ status, description, headers, type: withPlan(type) }),
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

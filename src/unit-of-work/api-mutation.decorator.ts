import { applyDecorators, HttpCode, UseInterceptors, type Type } from '@nestjs/common';
import { ApiHeader, ApiQuery, ApiResponse, IntersectionType } from '@nestjs/swagger';
import { ApiBodyProblems, ApiProblems } from '../common/errors/api-problems.decorator.js';
import type { ProblemCode } from '../common/errors/catalogue.js';
import { ETAG } from '../common/http/with-etag.decorator.js';
import { CreatedAt, WithETag } from '../common/http/representation.interceptor.js';
import { Mutation } from '../common/http/mutation.decorator.js';
import { MutationInterceptor } from './mutation.interceptor.js';
import { MutationQuery } from './current-mutation.decorator.js';
import { DeletionPlanResponse, PlanResponse } from './dto/plan.response.js';

const OF_EVERY_CHANGE: readonly ProblemCode[] = [
  'PLAN_TOO_LARGE',
  'IDEMPOTENCY_KEY_REUSED',
  'REQUEST_IN_PROGRESS',
];

interface ChangeAnswer {
  description: string;
  type: Type;
  /** Whether the answer is the thing itself, which has an ETag. */
  tagged?: boolean;
  problems?: readonly ProblemCode[];
}

/** A POST that makes something: 201. @param below path below which the new id leads to it */
export function ApiCreation({
  problems = [],
  below,
  ...answer
}: ChangeAnswer & { below: string }): MethodDecorator {
  return applyDecorators(
    OnlyOnce,
    CreatedAt(below),
    ...answered(201, answer, {
      Location: {
        description: 'Path of what was made.',
        schema: { type: 'string', format: 'uri-reference' },
      },
    }),
    ApiBodyProblems(...problems, ...OF_EVERY_CHANGE),
  );
}

/** A PUT or PATCH: 200. */
export function ApiUpdate({ problems = [], ...answer }: ChangeAnswer): MethodDecorator {
  return applyDecorators(
    OnlyOnce,
    ...answered(200, answer),
    OnlyIfMatching,
    ApiBodyProblems(...problems, 'PRECONDITION_FAILED', ...OF_EVERY_CHANGE),
  );
}

/** A DELETE: 200 where it has something to say, else 204. */
export function ApiDeletion({
  problems = [],
  query = MutationQuery,
  ...answer
}: Omit<ChangeAnswer, 'type' | 'tagged'> & { type?: Type; query?: Type<MutationQuery> }): MethodDecorator {
  const { description, type } = answer;
  const answers =
    type === undefined
      ? [
          HttpCode(204),
          ApiQuery({ type: query }),
          ApiResponse({ status: 204, description }),
          ApiResponse({
            status: 200,
            description: 'Only with `dry_run`: the plan.',
            type: DeletionPlanResponse,
          }),
        ]
      : answered(200, { description, type });
  return applyDecorators(
    OnlyOnce,
    ...answers,
    OnlyIfMatching,
    ApiProblems('VALIDATION_ERROR', ...problems, 'PRECONDITION_FAILED', ...OF_EVERY_CHANGE),
  );
}

const OnlyOnce = applyDecorators(
  Mutation(true),
  UseInterceptors(MutationInterceptor),
  ApiHeader({
    name: 'X-Idempotency-Key',
    description:
      'Visible ASCII of your choice, also as `Idempotency-Key`: the same request sent again does nothing twice, and ' +
      'is answered as the first time, with `Idempotent-Replayed: true`.',
    required: false,
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  }),
);

const OnlyIfMatching = ApiHeader({
  name: 'If-Match',
  description: 'ETag of the thing as you know it: 412 when it has changed meanwhile.',
  required: false,
  schema: { type: 'string' },
});

function answered(
  status: number,
  { description, type, tagged = false }: Omit<ChangeAnswer, 'problems'>,
  headers = {},
): MethodDecorator[] {
  return [
    ...(tagged ? [WithETag(true)] : []),
    ApiQuery({ type: MutationQuery }),
    ApiResponse({
      status,
      description,
      headers: { ...headers, ...(tagged ? ETAG : {}) },
      type: withPlan(type),
    }),
  ];
}

const plans = new Map<Type, Type>();

/** The answer's class with what a dry run adds: `UserResponse` becomes `UserChangeResponse`. */
function withPlan(type: Type): Type {
  const name = type.name.replace(/Response$/, 'ChangeResponse');
  const known = plans.get(type) ?? { [name]: class extends IntersectionType(type, PlanResponse) {} }[name];
  if (known === undefined) throw new Error(`${name} could not be made`);
  plans.set(type, known);
  return known;
}

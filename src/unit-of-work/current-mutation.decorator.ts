import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import { eventSourceOf } from '../audit/event-source.js';
import { callerOf, type AuthenticatedRequest } from '../common/auth/caller.js';
import { IsBooleanInQuery } from '../common/validation/field-rules.js';
import { RequestValidationPipe } from '../common/validation/request-validation.pipe.js';
import type { IdempotentRequest } from './idempotency/idempotent-request.js';
import type { MutationContext } from './mutation.js';
import { OptionalProperty } from '../common/property.decorator.js';

/** A request as MutationInterceptor leaves it. */
export type MutationRequest = AuthenticatedRequest & { idempotentRequest?: IdempotentRequest };

/** The query of every mutation. Unknown parameters are rejected, so that a misspelt `dry_run` changes nothing. */
export class MutationQuery {
  @OptionalProperty(
    'Plans a change: executes it, returns the response and the differences in access, and rolls everything back.',
    false,
    { type: 'boolean', default: false },
  )
  @IsBooleanInQuery()
  dry_run = false;
}

class MutationPipe<Query extends MutationQuery> implements PipeTransform<
  MutationRequest,
  Promise<MutationContext & Omit<Query, 'dry_run'>>
> {
  private readonly validation = new RequestValidationPipe();

  constructor(private readonly query: Type<Query>) {}

  /** @throws Problem VALIDATION_ERROR */
  async transform(request: MutationRequest): Promise<MutationContext & Omit<Query, 'dry_run'>> {
    const { dry_run: dryRun, ...query } = await this.parse({ ...request.query });
    const { organization_id: organizationId, api_key_id: id, api_key_name: name } = callerOf(request);
    const ifMatch = request.headers['if-match'];
    const { idempotentRequest } = request;
    const context: MutationContext = {
      organizationId,
      source: eventSourceOf(request, { id, name }),
      dryRun,
      ...(ifMatch === undefined ? {} : { ifMatch }),
      ...(idempotentRequest === undefined ? {} : { idempotentRequest }),
    };
    return Object.freeze(Object.assign(query, context)) as MutationContext & Omit<Query, 'dry_run'>;
  }

  private async parse(query: object): Promise<Query> {
    if (Object.keys(query).length === 0) return new this.query(); // as for most requests
    const metadata = { type: 'query', metatype: this.query } as const;
    return (await this.validation.transform(query, metadata)) as Query;
  }
}

const RequestParam = createParamDecorator((_data: unknown, execution: ExecutionContext): MutationRequest =>
  execution.switchToHttp().getRequest<MutationRequest>(),
);

/**
 * Injects the MutationContext of a change.
 * @param query parameters that the change takes besides `dry_run`; they become members of the context
 */
export const CurrentMutation = (query: Type<MutationQuery> = MutationQuery): ParameterDecorator =>
  RequestParam(new MutationPipe(query));

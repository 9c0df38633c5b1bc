import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import type { Request } from 'express';
import { originOf } from '../audit/origin.js';
import type { Caller } from '../auth/api-keys.service.js';
import { IsTrueOrFalseInQuery } from '../common/validation/field-rules.js';
import { RequestValidationPipe } from '../common/validation/request-validation.pipe.js';
import type { IdempotentRequest } from '../idempotency/idempotent-request.js';
import type { Change } from './change.js';

export type ChangingRequest = Request & {
  caller?: Caller;
  idempotent_request?: IdempotentRequest;
  change?: Change;
};

/** What every change takes in its query, and nothing else: a misspelt `dry_run` must not change anything. */
export class ChangeQuery {
  @ApiProperty({
    description:
      'Plan before you change: does all the work, answers what it would have answered and which access would ' +
      'differ, and takes everything back.',
    required: false,
    type: 'boolean',
    default: false,
    example: false,
  })
  @IsTrueOrFalseInQuery()
  dry_run = false;
}

class ChangePipe implements PipeTransform<ChangingRequest, Promise<Change>> {
  private readonly validation = new RequestValidationPipe();

  constructor(private readonly query: Type<ChangeQuery>) {}

  /** @throws Problem VALIDATION_ERROR */
  async transform(request: ChangingRequest): Promise<Change> {
    const given = await this.read({ ...request.query });
    const { caller, idempotent_request } = request;
    if (caller === undefined) throw new Error('@CurrentChange() stands on a route without the API-key guard');
    const ifMatch = request.headers['if-match'];
    request.change = Object.assign(given, {
      organization_id: caller.organization_id,
      origin: originOf(request, { id: caller.api_key_id, name: caller.api_key_name }),
      ...(ifMatch === undefined ? {} : { if_match: ifMatch }),
      ...(idempotent_request === undefined ? {} : { idempotent_request }),
    });
    return request.change;
  }

  private async read(query: object): Promise<ChangeQuery> {
    if (Object.keys(query).length === 0) return new this.query(); // as nearly always
    const metadata = { type: 'query', metatype: this.query } as const;
    return (await this.validation.transform(query, metadata)) as ChangeQuery;
  }
}

const FromRequest = createParamDecorator((_data: unknown, context: ExecutionContext): ChangingRequest =>
  context.switchToHttp().getRequest<ChangingRequest>(),
);

/**
 * What the request says about the change that it asks for; every change of the API takes it.
 * @param query what this change takes in its query; all of it is on the change
 */
export const CurrentChange = (query: Type<ChangeQuery> = ChangeQuery): ParameterDecorator =>
  FromRequest(new ChangePipe(query));

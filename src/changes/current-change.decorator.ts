import { createParamDecorator, Injectable, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import type { Request } from 'express';
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

@Injectable()
class ChangePipe implements PipeTransform<ChangingRequest, Promise<Change>> {
  private readonly validation = new RequestValidationPipe();

  /** @throws Problem VALIDATION_ERROR */
  async transform(request: ChangingRequest): Promise<Change> {
    const query = { ...request.query };
    const { dry_run } = (await this.validation.transform(query, {
      type: 'query',
      metatype: ChangeQuery,
    })) as ChangeQuery;
    if (request.caller === undefined)
      throw new Error('@CurrentChange() stands on a route without the API-key guard');
    const { idempotent_request } = request;
    const ifMatch = request.headers['if-match'];
    request.change = {
      organization_id: request.caller.organization_id,
      dry_run,
      ...(ifMatch === undefined ? {} : { if_match: ifMatch }),
      ...(idempotent_request === undefined ? {} : { idempotent_request }),
    };
    return request.change;
  }
}

const FromRequest = createParamDecorator((_data: unknown, context: ExecutionContext): ChangingRequest =>
  context.switchToHttp().getRequest<ChangingRequest>(),
);

/** What the request says about the change that it asks for; every change of the API takes it. */
export const CurrentChange = (): ParameterDecorator => FromRequest(ChangePipe);

import { ApiProperty } from '@nestjs/swagger';
import { FIELD_CODES, PROBLEMS } from './catalogue.js';
import { Property } from '../property.decorator.js';

class FieldErrorResponse {
  @Property('Path of the field in the request.', 'account_permissions[0].role_id')
  field!: string;

  @Property('Stable code of the broken rule.', 'ROLE_NOT_ASSIGNABLE', {
    enum: [...Object.keys(FIELD_CODES), 'USER_ALREADY_EXISTS', 'ROLE_ALREADY_EXISTS'],
  })
  code!: string;

  @Property('Human-readable explanation.', FIELD_CODES.ROLE_NOT_ASSIGNABLE)
  message!: string;
}

/** The body of every error response (RFC 9457), for the OpenAPI document. */
export class ProblemResponse {
  @Property('Where the error is documented.', '/errors#VALIDATION_ERROR', { format: 'uri-reference' })
  type!: string;

  @Property('Short summary of the error.', PROBLEMS.VALIDATION_ERROR.title)
  title!: string;

  @Property('The HTTP status.', 400, { type: 'integer', minimum: 400, maximum: 599 })
  status!: number;

  @Property('Stable code of the error.', 'VALIDATION_ERROR', { enum: Object.keys(PROBLEMS) })
  code!: string;

  @Property(
    'Human-readable: one line per field error, otherwise the explanation of the error.',
    [`account_permissions[0].role_id: ${FIELD_CODES.ROLE_NOT_ASSIGNABLE}`],
    { type: [String] },
  )
  messages!: string[];

  @ApiProperty({
    description: 'One entry per invalid field; empty unless fields are invalid.',
    type: [FieldErrorResponse],
  })
  errors!: FieldErrorResponse[];

  @Property(
    'Id of the request, as in X-Request-Id and in the log of the service.',
    '019b0000-0000-7000-8000-0000000000ff',
  )
  request_id!: string;
}

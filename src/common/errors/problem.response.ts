import { ApiProperty } from '@nestjs/swagger';
import { FIELD_CODES, PROBLEMS } from './catalogue.js';

class FieldErrorResponse {
  @ApiProperty({
    description: 'Path of the field in the request.',
    example: 'account_permissions[0].role_id',
  })
  field!: string;

  @ApiProperty({
    description: 'Stable code of the broken rule.',
    enum: [...Object.keys(FIELD_CODES), 'USER_ALREADY_EXISTS', 'ROLE_ALREADY_EXISTS'],
    example: 'ROLE_NOT_ASSIGNABLE',
  })
  code!: string;

  @ApiProperty({ description: 'Human-readable explanation.', example: FIELD_CODES.ROLE_NOT_ASSIGNABLE })
  message!: string;
}

/** The body of every error response (RFC 9457), for the OpenAPI document. */
export class ProblemResponse {
  @ApiProperty({
    description: 'Where the error is documented.',
    format: 'uri-reference',
    example: '/errors#VALIDATION_ERROR',
  })
  type!: string;

  @ApiProperty({ description: 'Short summary of the error.', example: PROBLEMS.VALIDATION_ERROR.title })
  title!: string;

  @ApiProperty({ description: 'The HTTP status.', type: 'integer', minimum: 400, maximum: 599, example: 400 })
  status!: number;

  @ApiProperty({
    description: 'Stable code of the error.',
    enum: Object.keys(PROBLEMS),
    example: 'VALIDATION_ERROR',
  })
  code!: string;

  @ApiProperty({
    description: 'Human-readable: one line per field error, otherwise the explanation of the error.',
    type: [String],
    example: [`account_permissions[0].role_id: ${FIELD_CODES.ROLE_NOT_ASSIGNABLE}`],
  })
  messages!: string[];

  @ApiProperty({
    description: 'One entry per invalid field; empty unless fields are invalid.',
    type: [FieldErrorResponse],
  })
  errors!: FieldErrorResponse[];

  @ApiProperty({
    description: 'Id of the request, as in X-Request-Id and in the log of the service.',
    example: '019b0000-0000-7000-8000-0000000000ff',
  })
  request_id!: string;
}

import { ApiProperty } from '@nestjs/swagger';
import { FIELD_CODES, PROBLEMS } from './catalogue.js';

class FieldErrorResponse {
  @ApiProperty({
    description: "Path of the field in the request's own form.",
    example: 'account_permissions[0].role_id',
  })
  field!: string;

  @ApiProperty({
    description: 'What is wrong, for programs.',
    enum: [...Object.keys(FIELD_CODES), 'USER_ALREADY_EXISTS', 'ROLE_ALREADY_EXISTS'],
    example: 'ROLE_NOT_ASSIGNABLE',
  })
  code!: string;

  @ApiProperty({ description: 'What is wrong, for people.', example: FIELD_CODES.ROLE_NOT_ASSIGNABLE })
  message!: string;
}

/** The form of every error answer (RFC 9457), as the OpenAPI document shows it. */
export class ProblemResponse {
  @ApiProperty({
    description: 'Where the error is explained.',
    format: 'uri-reference',
    example: '/errors#VALIDATION_ERROR',
  })
  type!: string;

  @ApiProperty({ description: 'The error in a few words.', example: PROBLEMS.VALIDATION_ERROR.title })
  title!: string;

  @ApiProperty({ description: 'The HTTP status.', type: 'integer', minimum: 400, maximum: 599, example: 400 })
  status!: number;

  @ApiProperty({
    description: 'Stable code, for programs.',
    enum: Object.keys(PROBLEMS),
    example: 'VALIDATION_ERROR',
  })
  code!: string;

  @ApiProperty({
    description: 'For people: one line a field, or what the error means.',
    type: [String],
    example: [`account_permissions[0].role_id: ${FIELD_CODES.ROLE_NOT_ASSIGNABLE}`],
  })
  messages!: string[];

  @ApiProperty({
    description: 'Each offending field once; empty where no field is at fault.',
    type: [FieldErrorResponse],
  })
  errors!: FieldErrorResponse[];

  @ApiProperty({
    description: 'The id of the request, as in X-Request-Id and the log.',
    example: '019b0000-0000-7000-8000-0000000000ff',
  })
  request_id!: string;
}

import { ApiProperty } from '@nestjs/swagger';
import { ACTIONS, TARGET_TYPES, type Action, type TargetType } from '../audited-event.js';
import type { FieldChanges } from '../field-changes.js';
import type { Actor } from '../event-source.js';

const NullableText = (description: string, example: string): PropertyDecorator =>
  ApiProperty({ description, type: 'string', nullable: true, example });

class ActorResponse implements Actor {
  @ApiProperty({
    description: 'An API key, or a user of the command line of the service.',
    enum: ['api_key', 'command_line'],
    example: 'api_key',
  })
  type!: 'api_key' | 'command_line';

  @ApiProperty({
    description: 'Id of the API key; null on the command line.',
    type: 'string',
    format: 'uuid',
    nullable: true,
    example: '019b0000-0000-7000-8000-000000000051',
  })
  id!: string | null;

  @ApiProperty({
    description: "Name of the API key, or of the operating system's user, at the time of the event.",
    example: 'Sandbox key',
  })
  name!: string;
}

export class AuditEventResponse {
  @ApiProperty({ description: 'Event id.', format: 'uuid', example: '019b0000-0000-7000-8000-000000000061' })
  id!: string;

  @ApiProperty({
    description: 'Start time of the change.',
    format: 'date-time',
    example: '2026-01-31T12:00:00.000Z',
  })
  occurred_at!: Date;

  @ApiProperty({
    description: 'Who made the change.',
    type: ActorResponse,
    example: { type: 'api_key', id: '019b0000-0000-7000-8000-000000000051', name: 'Sandbox key' },
  })
  actor!: ActorResponse;

  @ApiProperty({ description: 'Kind of event.', enum: ACTIONS, example: 'user.updated' })
  action!: Action;

  @ApiProperty({ description: 'Type of the changed resource.', enum: TARGET_TYPES, example: 'user' })
  target_type!: TargetType;

  @ApiProperty({
    description: 'Id of the changed resource.',
    example: '019b0000-0000-7000-8000-000000000031',
  })
  target_id!: string;

  @ApiProperty({
    description:
      'The changed fields, each before and after; null where there was or is no value. Of arrays: the removed and ' +
      'the added entries.',
    type: 'object',
    additionalProperties: { type: 'object', required: ['before', 'after'], properties: {} },
    example: { first_name: { before: 'Ada', after: 'Augusta' } },
  })
  changes!: FieldChanges;

  @ApiProperty({
    description:
      'Side effects on other resources, such as the users who fell back to Read only when their role was deleted ' +
      '(their number and the first 100 ids); of a refusal its reason and the number of refusals in that minute.',
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: { read_only_instead: { count: 1, ids: ['019b0000-0000-7000-8000-000000000031'] } },
  })
  details!: object | null;

  @NullableText('Id of the request.', '019b0000-0000-7000-8000-0000000000ff')
  request_id!: string | null;

  @NullableText('IP address of the client.', '192.0.2.1')
  address!: string | null;

  @NullableText('User-Agent of the request, its first 512 characters.', 'curl/8.14.1')
  user_agent!: string | null;

  @ApiProperty({
    description: "Whether the user's e-mail address and names were erased; they are then null in `changes`.",
    example: false,
  })
  erased!: boolean;
}

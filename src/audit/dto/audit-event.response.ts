import { ApiProperty } from '@nestjs/swagger';
import { ACTIONS, TARGET_TYPES, type Action, type TargetType } from '../audited-event.js';
import type { FieldChanges } from '../field-changes.js';
import type { Actor } from '../event-source.js';

class ActorResponse implements Actor {
  @ApiProperty({
    description: 'An API key, or somebody on the command line of the service.',
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
    description: "Name of the API key, or of the operating system's user, at that moment.",
    example: 'Sandbox key',
  })
  name!: string;
}

export class AuditEventResponse {
  @ApiProperty({ description: 'Event id.', format: 'uuid', example: '019b0000-0000-7000-8000-000000000061' })
  id!: string;

  @ApiProperty({
    description: 'When the change began.',
    format: 'date-time',
    example: '2026-01-31T12:00:00.000Z',
  })
  occurred_at!: Date;

  @ApiProperty({
    description: 'Who did it.',
    type: ActorResponse,
    example: { type: 'api_key', id: '019b0000-0000-7000-8000-000000000051', name: 'Sandbox key' },
  })
  actor!: ActorResponse;

  @ApiProperty({ description: 'What was done.', enum: ACTIONS, example: 'user.updated' })
  action!: Action;

  @ApiProperty({ description: 'To what kind of thing.', enum: TARGET_TYPES, example: 'user' })
  target_type!: TargetType;

  @ApiProperty({ description: 'Id of the thing.', example: '019b0000-0000-7000-8000-000000000031' })
  target_id!: string;

  @ApiProperty({
    description:
      'The fields that changed, each before and after; null where there was or is nothing. Of lists: the ' +
      'entries taken away and those added.',
    type: 'object',
    additionalProperties: { type: 'object', required: ['before', 'after'], properties: {} },
    example: { first_name: { before: 'Ada', after: 'Augusta' } },
  })
  changes!: FieldChanges;

  @ApiProperty({
    description:
      'What followed from it elsewhere, such as the users who fell back to Read only when their role was ' +
      'deleted (how many, and the first 100 ids); of a refusal its reason, and how often it came in that minute.',
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: { read_only_instead: { count: 1, ids: ['019b0000-0000-7000-8000-000000000031'] } },
  })
  details!: object | null;

  @ApiProperty({
    description: 'Id of the request.',
    type: 'string',
    nullable: true,
    example: '019b0000-0000-7000-8000-0000000000ff',
  })
  request_id!: string | null;

  @ApiProperty({
    description: 'Address that the request came from.',
    type: 'string',
    nullable: true,
    example: '192.0.2.1',
  })
  address!: string | null;

  @ApiProperty({
    description: 'User-Agent of the request, its first 512 characters.',
    type: 'string',
    nullable: true,
    example: 'curl/8.14.1',
  })
  user_agent!: string | null;

  @ApiProperty({
    description: "Whether the user's e-mail address and names were erased: they are null in `changes` then.",
    example: false,
  })
  erased!: boolean;
}

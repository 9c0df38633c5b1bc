import { ACTIONS, TARGET_TYPES, type Action, type TargetType } from '../audited-event.js';
import type { FieldChanges } from '../field-changes.js';
import type { Actor } from '../event-source.js';
import { Property } from '../../common/property.decorator.js';

const NullableText = (description: string, example: string): PropertyDecorator =>
  Property(description, example, { type: 'string', nullable: true });

class ActorResponse implements Actor {
  @Property('An API key, or a user of the command line of the service.', 'api_key', {
    enum: ['api_key', 'command_line'],
  })
  type!: 'api_key' | 'command_line';

  @Property('Id of the API key; null on the command line.', '019b0000-0000-7000-8000-000000000051', {
    type: 'string',
    format: 'uuid',
    nullable: true,
  })
  id!: string | null;

  @Property(
    "Name of the API key, or of the operating system's user, at the time of the event.",
    'Sandbox key',
  )
  name!: string;
}

export class AuditEventResponse {
  @Property('Event id.', '019b0000-0000-7000-8000-000000000061', { format: 'uuid' })
  id!: string;

  @Property('Start time of the change.', '2026-01-31T12:00:00.000Z', { format: 'date-time' })
  occurred_at!: Date;

  @Property(
    'Who made the change.',
    { type: 'api_key', id: '019b0000-0000-7000-8000-000000000051', name: 'Sandbox key' },
    { type: ActorResponse },
  )
  actor!: ActorResponse;

  @Property('Kind of event.', 'user.updated', { enum: ACTIONS })
  action!: Action;

  @Property('Type of the changed resource.', 'user', { enum: TARGET_TYPES })
  target_type!: TargetType;

  @Property('Id of the changed resource.', '019b0000-0000-7000-8000-000000000031')
  target_id!: string;

  @Property(
    'The changed fields, each before and after; null where there was or is no value. Of arrays: the removed and ' +
      'the added entries.',
    { first_name: { before: 'Ada', after: 'Augusta' } },
    {
      type: 'object',
      additionalProperties: { type: 'object', required: ['before', 'after'], properties: {} },
    },
  )
  changes!: FieldChanges;

  @Property(
    'Side effects on other resources, such as the users who fell back to Read only when their role was deleted ' +
      '(their number and the first 100 ids); of a refusal its reason and the number of refusals in that minute.',
    { read_only_instead: { count: 1, ids: ['019b0000-0000-7000-8000-000000000031'] } },
    { type: 'object', additionalProperties: true, nullable: true },
  )
  details!: object | null;

  @NullableText('Id of the request.', '019b0000-0000-7000-8000-0000000000ff')
  request_id!: string | null;

  @NullableText('IP address of the client.', '192.0.2.1')
  address!: string | null;

  @NullableText('User-Agent of the request, its first 512 characters.', 'curl/8.14.1')
  user_agent!: string | null;

  @Property(
    "Whether the user's e-mail address and names were erased; they are then null in `changes`.",
    false,
  )
  erased!: boolean;
}

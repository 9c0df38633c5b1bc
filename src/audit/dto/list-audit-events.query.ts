import { ApiProperty, OmitType } from '@nestjs/swagger';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { IsOneOf, IsText, IsUuid, OptionalField } from '../../common/validation/field-rules.js';
import { IsTimestamp } from '../../common/validation/timestamp-rules.js';
import { ACTIONS, TARGET_TYPES, type Action, type TargetType } from '../audited-event.js';

const SORTS = ['occurred_at', '-occurred_at'] as const;

export type AuditSort = (typeof SORTS)[number];

export interface AuditFilters {
  action?: Action;
  actor_id?: string;
  target_type?: TargetType;
  target_id?: string;
  from?: string;
  to?: string;
}

/** Without pages by number, because they need a total, and there are too many events to count. */
class CursorQuery extends OmitType(PageQueryDto, ['page']) {}

export class ListAuditEventsQuery extends CursorQuery implements AuditFilters {
  @ApiProperty({
    description: 'Only events of this kind.',
    required: false,
    enum: ACTIONS,
    example: 'user.created',
  })
  @OptionalField()
  @IsOneOf(ACTIONS)
  action?: Action;

  @ApiProperty({
    description: 'Only events caused by this API key.',
    required: false,
    format: 'uuid',
    example: '019b0000-0000-7000-8000-000000000051',
  })
  @OptionalField()
  @IsUuid()
  actor_id?: string;

  @ApiProperty({
    description: 'Only events of resources of this type.',
    required: false,
    enum: TARGET_TYPES,
    example: 'user',
  })
  @OptionalField()
  @IsOneOf(TARGET_TYPES)
  target_type?: TargetType;

  @ApiProperty({
    description: 'Only events of the resource with this id.',
    required: false,
    minLength: 1,
    maxLength: 255,
    example: '019b0000-0000-7000-8000-000000000031',
  })
  @OptionalField()
  @IsText()
  target_id?: string;

  @ApiProperty({
    description: 'Only events at or after this time (RFC 3339).',
    required: false,
    format: 'date-time',
    example: '2026-01-01T00:00:00.000Z',
  })
  @OptionalField()
  @IsTimestamp()
  from?: string;

  @ApiProperty({
    description: 'Only events before this time (RFC 3339).',
    required: false,
    format: 'date-time',
    example: '2036-01-01T00:00:00.000Z',
  })
  @OptionalField()
  @IsTimestamp()
  to?: string;

  @ApiProperty({
    description: '`occurred_at`: oldest first; `-occurred_at`: newest first.',
    required: false,
    enum: SORTS,
    default: 'occurred_at',
    example: '-occurred_at',
  })
  @IsOneOf(SORTS)
  sort: AuditSort = 'occurred_at';
}

/** Without paging, because an export contains all events. */
export class ExportAuditEventsQuery extends OmitType(ListAuditEventsQuery, ['page_size', 'after']) {}

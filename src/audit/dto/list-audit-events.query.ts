import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { TextField, UuidField } from '../../common/validation/documented-fields.js';
import { IsOneOf, OptionalField } from '../../common/validation/field-rules.js';
import { IsTimestamp } from '../../common/validation/timestamp-rules.js';
import { ACTIONS, TARGET_TYPES, type Action, type TargetType } from '../audited-event.js';

const SORTS = ['occurred_at', '-occurred_at'] as const;

export type AuditSort = (typeof SORTS)[number];

/** Without pages by number, because they need a total, and there are too many events to count. */
export class ListAuditEventsQuery extends OmitType(PageQueryDto, ['page']) {
  @ApiPropertyOptional({ description: 'Only events of this kind.', enum: ACTIONS, example: 'user.created' })
  @OptionalField()
  @IsOneOf(ACTIONS)
  action?: Action;

  @UuidField({
    description: 'Only events caused by this API key.',
    required: false,
    example: '019b0000-0000-7000-8000-000000000051',
  })
  actor_id?: string;

  @ApiPropertyOptional({
    description: 'Only events of resources of this type.',
    enum: TARGET_TYPES,
    example: 'user',
  })
  @OptionalField()
  @IsOneOf(TARGET_TYPES)
  target_type?: TargetType;

  @TextField({
    description: 'Only events of the resource with this id.',
    required: false,
    example: '019b0000-0000-7000-8000-000000000031',
  })
  target_id?: string;

  @OptionalTimestamp('Only events at or after this time (RFC 3339).', '2026-01-01T00:00:00.000Z')
  from?: string;

  @OptionalTimestamp('Only events before this time (RFC 3339).', '2036-01-01T00:00:00.000Z')
  to?: string;

  @ApiPropertyOptional({
    description: '`occurred_at`: oldest first; `-occurred_at`: newest first.',
    enum: SORTS,
    default: 'occurred_at',
    example: '-occurred_at',
  })
  @IsOneOf(SORTS)
  sort: AuditSort = 'occurred_at';
}

export type AuditFilters = Omit<ListAuditEventsQuery, 'page_size' | 'after' | 'sort'>;

/** Without paging, because an export contains all events. */
export class ExportAuditEventsQuery extends OmitType(ListAuditEventsQuery, ['page_size', 'after']) {}

function OptionalTimestamp(description: string, example: string): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ description, format: 'date-time', example }),
    OptionalField(),
    IsTimestamp(),
  );
}

import { applyDecorators } from '@nestjs/common';
import { OmitType } from '@nestjs/swagger';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { TextField, UuidField } from '../../common/validation/documented-fields.js';
import { IsOneOf, OptionalField } from '../../common/validation/field-rules.js';
import { IsTimestamp } from '../../common/validation/timestamp-rules.js';
import { ACTIONS, TARGET_TYPES, type Action, type TargetType } from '../audited-event.js';
import { OptionalProperty } from '../../common/property.decorator.js';

const SORTS = ['occurred_at', '-occurred_at'] as const;

export type AuditSort = (typeof SORTS)[number];

/** Without pages by number, because they need a total, and there are too many events to count. */
export class ListAuditEventsQuery extends OmitType(PageQueryDto, ['page']) {
  @OptionalProperty('Only events of this kind.', 'user.created', { enum: ACTIONS })
  @OptionalField()
  @IsOneOf(ACTIONS)
  action?: Action;

  @UuidField('Only events caused by this API key.', '019b0000-0000-7000-8000-000000000051', {
    required: false,
  })
  actor_id?: string;

  @OptionalProperty('Only events of resources of this type.', 'user', { enum: TARGET_TYPES })
  @OptionalField()
  @IsOneOf(TARGET_TYPES)
  target_type?: TargetType;

  @TextField('Only events of the resource with this id.', '019b0000-0000-7000-8000-000000000031', {
    required: false,
  })
  target_id?: string;

  @OptionalTimestamp('Only events at or after this time (RFC 3339).', '2026-01-01T00:00:00.000Z')
  from?: string;

  @OptionalTimestamp('Only events before this time (RFC 3339).', '2036-01-01T00:00:00.000Z')
  to?: string;

  @OptionalProperty('`occurred_at`: oldest first; `-occurred_at`: newest first.', '-occurred_at', {
    enum: SORTS,
    default: 'occurred_at',
  })
  @IsOneOf(SORTS)
  sort: AuditSort = 'occurred_at';
}

export type AuditFilters = Omit<ListAuditEventsQuery, 'page_size' | 'after' | 'sort'>;

/** Without paging, because an export contains all events. */
export class ExportAuditEventsQuery extends OmitType(ListAuditEventsQuery, ['page_size', 'after']) {}

function OptionalTimestamp(description: string, example: string): PropertyDecorator {
  return applyDecorators(
    OptionalProperty(description, example, { format: 'date-time' }),
    OptionalField(),
    IsTimestamp(),
  );
}

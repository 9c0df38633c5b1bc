import { ApiProperty, OmitType } from '@nestjs/swagger';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { IsOneOf, IsText, IsUuid, MayBeLeftOut } from '../../common/validation/field-rules.js';
import { IsMoment } from '../../common/validation/moment-rules.js';
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

/** There are too many events to count them: no pages by number. */
class CursorQuery extends OmitType(PageQueryDto, ['page']) {}

export class ListAuditEventsQuery extends CursorQuery implements AuditFilters {
  @ApiProperty({
    description: 'Only events of this kind.',
    required: false,
    enum: ACTIONS,
    example: 'user.created',
  })
  @MayBeLeftOut()
  @IsOneOf(ACTIONS)
  action?: Action;

  @ApiProperty({
    description: 'Only what was done with this API key.',
    required: false,
    format: 'uuid',
    example: '019b0000-0000-7000-8000-000000000051',
  })
  @MayBeLeftOut()
  @IsUuid()
  actor_id?: string;

  @ApiProperty({
    description: 'Only what was done to things of this kind.',
    required: false,
    enum: TARGET_TYPES,
    example: 'user',
  })
  @MayBeLeftOut()
  @IsOneOf(TARGET_TYPES)
  target_type?: TargetType;

  @ApiProperty({
    description: 'Only what was done to the thing with this id.',
    required: false,
    minLength: 1,
    maxLength: 255,
    example: '019b0000-0000-7000-8000-000000000031',
  })
  @MayBeLeftOut()
  @IsText()
  target_id?: string;

  @ApiProperty({
    description: 'Only events at or after this moment (RFC 3339).',
    required: false,
    format: 'date-time',
    example: '2026-01-01T00:00:00.000Z',
  })
  @MayBeLeftOut()
  @IsMoment()
  from?: string;

  @ApiProperty({
    description: 'Only events before this moment (RFC 3339).',
    required: false,
    format: 'date-time',
    example: '2036-01-01T00:00:00.000Z',
  })
  @MayBeLeftOut()
  @IsMoment()
  to?: string;

  @ApiProperty({
    description: 'Oldest first; `-` in front: newest first.',
    required: false,
    enum: SORTS,
    default: 'occurred_at',
    example: '-occurred_at',
  })
  @IsOneOf(SORTS)
  sort: AuditSort = 'occurred_at';
}

/** All of them are in the export, so that it takes neither a size nor a place to go on. */
export class ExportAuditEventsQuery extends OmitType(ListAuditEventsQuery, ['page_size', 'after']) {}

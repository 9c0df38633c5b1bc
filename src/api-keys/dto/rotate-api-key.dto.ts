import { ApiProperty } from '@nestjs/swagger';
import { rule } from '../../common/validation/field-rules.js';

/** A week. */
const LONGEST_OVERLAP = 604_800;

export class RotateApiKeyDto {
  @ApiProperty({
    description: 'Seconds for which the secret of before goes on working beside the new one.',
    required: false,
    type: 'integer',
    minimum: 0,
    maximum: LONGEST_OVERLAP,
    default: 0,
    example: 3600,
  })
  @rule('INVALID_TYPE', 'must be a number', (value) => typeof value === 'number')
  @rule(
    'INVALID_VALUE',
    `must be a whole number from 0 to ${String(LONGEST_OVERLAP)}`,
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LONGEST_OVERLAP,
  )
  overlap_seconds = 0;
}

import { ApiPropertyOptional } from '@nestjs/swagger';
import { rule } from '../../common/validation/field-rules.js';

const MAX_OVERLAP_SECONDS = 7 * 24 * 60 * 60;

export class RotateApiKeyDto {
  @ApiPropertyOptional({
    description: 'Seconds for which the previous secret remains valid.',
    type: 'integer',
    minimum: 0,
    maximum: MAX_OVERLAP_SECONDS,
    default: 0,
    example: 3600,
  })
  @rule('INVALID_TYPE', 'must be a number', (value) => typeof value === 'number')
  @rule(
    'INVALID_VALUE',
    `must be a whole number from 0 to ${String(MAX_OVERLAP_SECONDS)}`,
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_OVERLAP_SECONDS,
  )
  overlap_seconds = 0;
}

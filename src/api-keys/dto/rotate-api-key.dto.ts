import { rule } from '../../common/validation/field-rules.js';
import { OptionalProperty } from '../../common/property.decorator.js';

const MAX_OVERLAP_SECONDS = 7 * 24 * 60 * 60;

export class RotateApiKeyDto {
  @OptionalProperty('Seconds for which the previous secret remains valid.', 3600, {
    type: 'integer',
    minimum: 0,
    maximum: MAX_OVERLAP_SECONDS,
    default: 0,
  })
  @rule('INVALID_TYPE', 'must be a number', (value) => typeof value === 'number')
  @rule(
    'INVALID_VALUE',
    `must be a whole number from 0 to ${String(MAX_OVERLAP_SECONDS)}`,
    (value) => Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_OVERLAP_SECONDS,
  )
  overlap_seconds = 0;
}

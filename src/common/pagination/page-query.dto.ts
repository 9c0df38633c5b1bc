import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIntegerInQuery, OptionalField, rule } from '../validation/field-rules.js';
import { CURSOR_MAX } from './cursor.js';
import { OptionalProperty } from '../property.decorator.js';

/** Query parameters of every list. */
export class PageQueryDto {
  @OptionalProperty(
    'Page number, from 1; a page past the end is empty. Cannot be combined with `after`.',
    1,
    { type: 'integer', minimum: 1, maximum: 1_000_000, default: 1 },
  )
  @OptionalField()
  @IsIntegerInQuery({ min: 1, max: 1_000_000 })
  @IsWithoutAfter()
  page?: number;

  @OptionalProperty('Entries per page.', 20, { type: 'integer', minimum: 1, maximum: 100, default: 20 })
  @IsIntegerInQuery({ min: 1, max: 100 })
  page_size = 20;

  // Without an example, because Swagger UI would send it, and no cursor is valid for every organization.
  @ApiPropertyOptional({
    description:
      '`next_cursor` of the previous page, with the same filters and sort: returns the entries that follow it, ' +
      'without totals, at a cost that does not grow with the position in the list.',
    minLength: 1,
    maxLength: CURSOR_MAX,
  })
  @OptionalField()
  @IsCursor()
  after?: string;
}

/** Checks the encoding only; decodeCursor checks whether the cursor belongs to the list. */
function IsCursor(): PropertyDecorator {
  return rule(
    'INVALID_VALUE',
    'must be the next_cursor of a previous page',
    (value) => typeof value === 'string' && value.length <= CURSOR_MAX && /^[\w-]+$/.test(value),
  );
}

function IsWithoutAfter(): PropertyDecorator {
  return rule(
    'INVALID_VALUE',
    'must not be combined with after',
    (_page, { object }) => (object as PageQueryDto).after === undefined,
  );
}

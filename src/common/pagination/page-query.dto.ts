import { ApiProperty } from '@nestjs/swagger';
import { IsIntegerInQuery, MayBeLeftOut, rule } from '../validation/field-rules.js';
import { CURSOR_MAX } from './cursor.js';

/** What every list takes. */
export class PageQueryDto {
  @ApiProperty({
    description: 'Page to answer, from 1 on; a page past the end is empty. Not together with `after`.',
    required: false,
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000,
    default: 1,
    example: 1,
  })
  @MayBeLeftOut()
  @IsIntegerInQuery({ min: 1, max: 1_000_000 })
  @IsWithoutAfter()
  page?: number;

  @ApiProperty({
    description: 'Entries on a page.',
    required: false,
    type: 'integer',
    minimum: 1,
    maximum: 100,
    default: 20,
    example: 20,
  })
  @IsIntegerInQuery({ min: 1, max: 100 })
  page_size = 20;

  // Without an example: Swagger UI would fill it in, beside the page's, and no cursor fits every organization.
  @ApiProperty({
    description:
      "The previous answer's `next_cursor`, with the same filters and sort: answers what follows, " +
      'without totals, at the same cost however far into the list.',
    required: false,
    minLength: 1,
    maxLength: CURSOR_MAX,
  })
  @MayBeLeftOut()
  @IsCursor()
  after?: string;
}

/** Whether it fits the list is for the list to say. */
function IsCursor(): PropertyDecorator {
  return rule(
    'INVALID_VALUE',
    'must be the next_cursor of a previous answer',
    (value) => typeof value === 'string' && value.length <= CURSOR_MAX && /^[\w-]+$/.test(value),
  );
}

function IsWithoutAfter(): PropertyDecorator {
  return rule(
    'INVALID_VALUE',
    'must not be given together with after',
    (_page, { object }) => (object as PageQueryDto).after === undefined,
  );
}

import { ApiProperty } from '@nestjs/swagger';
import { IsIntegerInQuery } from '../validation/field-rules.js';

/** What every list takes. */
export class PageQueryDto {
  @ApiProperty({
    description: 'Page to answer, from 1 on; a page past the end is empty.',
    required: false,
    type: 'integer',
    minimum: 1,
    maximum: 1_000_000,
    default: 1,
    example: 1,
  })
  @IsIntegerInQuery({ min: 1, max: 1_000_000 })
  page = 1;

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
}

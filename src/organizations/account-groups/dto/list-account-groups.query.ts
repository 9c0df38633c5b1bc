import { ApiProperty } from '@nestjs/swagger';
import { PageQueryDto } from '../../../common/pagination/page-query.dto.js';
import { IsText, OptionalField } from '../../../common/validation/field-rules.js';

export class ListAccountGroupsQuery extends PageQueryDto {
  @ApiProperty({
    description: 'Returns only groups with exactly this merchant id.',
    required: false,
    minLength: 1,
    maxLength: 255,
    example: 'merchant-eu-01',
  })
  @OptionalField()
  @IsText()
  merchant_id?: string;
}

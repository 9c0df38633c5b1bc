import { PageQueryDto } from '../../../common/pagination/page-query.dto.js';
import { TextField } from '../../../common/validation/documented-fields.js';

export class ListAccountGroupsQuery extends PageQueryDto {
  @TextField({
    description: 'Returns only groups with exactly this merchant id.',
    required: false,
    example: 'merchant-eu-01',
  })
  merchant_id?: string;
}

import { PageQueryDto } from '../../../common/pagination/page-query.dto.js';
import { TextField } from '../../../common/validation/documented-fields.js';

export class ListAccountGroupsQuery extends PageQueryDto {
  @TextField('Returns only groups with exactly this merchant id.', 'merchant-eu-01', { required: false })
  merchant_id?: string;
}

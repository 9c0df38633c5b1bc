import { TextField } from '../../../common/validation/documented-fields.js';

export class UpdateAccountDto {
  @TextField('New name.', 'Lisboa', { required: false })
  name?: string;
}

import { TextField } from '../../../common/validation/documented-fields.js';

export class UpdateAccountDto {
  @TextField({ description: 'New name.', required: false, example: 'Lisboa' })
  name?: string;
}

import { TextField } from '../../common/validation/documented-fields.js';

export class UpdateUserDto {
  @TextField({ description: 'New first name.', required: false, example: 'Augusta' })
  first_name?: string;

  @TextField({ description: 'New last name.', required: false, example: 'King' })
  last_name?: string;
}

import { TextField } from '../../common/validation/documented-fields.js';

export class UpdateUserDto {
  @TextField('New first name.', 'Augusta', { required: false })
  first_name?: string;

  @TextField('New last name.', 'King', { required: false })
  last_name?: string;
}

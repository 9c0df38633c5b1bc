import { TextField } from '../../../common/validation/documented-fields.js';

export class CreateAccountDto {
  @TextField('Name of the account.', 'Lisbon')
  name!: string;
}

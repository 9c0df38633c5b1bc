import { TextField } from '../../../common/validation/documented-fields.js';

export class CreateAccountDto {
  @TextField({ description: 'Name of the account.', example: 'Lisbon' })
  name!: string;
}

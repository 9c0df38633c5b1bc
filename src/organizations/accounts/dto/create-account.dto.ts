import { ApiProperty } from '@nestjs/swagger';
import { IsText } from '../../../common/validation/field-rules.js';

export class CreateAccountDto {
  @ApiProperty({ description: 'Name of the account.', minLength: 1, maxLength: 255, example: 'Lisbon' })
  @IsText()
  name!: string;
}

import { ApiProperty } from '@nestjs/swagger';
import { IsText, OptionalField } from '../../../common/validation/field-rules.js';

export class UpdateAccountDto {
  @ApiProperty({ description: 'New name.', required: false, minLength: 1, maxLength: 255, example: 'Lisboa' })
  @OptionalField()
  @IsText()
  name?: string;
}

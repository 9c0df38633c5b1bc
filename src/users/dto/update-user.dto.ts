import { ApiProperty } from '@nestjs/swagger';
import { IsText, OptionalField } from '../../common/validation/field-rules.js';

export class UpdateUserDto {
  @ApiProperty({
    description: 'New first name.',
    required: false,
    minLength: 1,
    maxLength: 255,
    example: 'Augusta',
  })
  @OptionalField()
  @IsText()
  first_name?: string;

  @ApiProperty({
    description: 'New last name.',
    required: false,
    minLength: 1,
    maxLength: 255,
    example: 'King',
  })
  @OptionalField()
  @IsText()
  last_name?: string;
}

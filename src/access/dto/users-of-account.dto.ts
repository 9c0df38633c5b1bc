import { ApiProperty } from '@nestjs/swagger';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { IsText } from '../../common/validation/field-rules.js';
import { BecauseResponse } from './because.response.js';
import { ENVIRONMENT, IsEnvironment, type PermissionEnvironment } from './permission-environment.js';

export class UsersOfAccountQuery extends PageQueryDto {
  @ApiProperty({ description: 'Permission id.', minLength: 1, maxLength: 255, example: 'payments:view' })
  @IsText()
  permission_id!: string;

  @ApiProperty(ENVIRONMENT)
  @IsEnvironment()
  environment: PermissionEnvironment = 'production';
}

export class UserOfAccountResponse {
  @ApiProperty({ description: 'User id.', format: 'uuid', example: '019b0000-0000-7000-8000-000000000031' })
  user_id!: string;

  @ApiProperty({ description: 'E-mail address.', example: 'ada.lovelace@example.com' })
  email!: string;

  @ApiProperty({ description: 'First name.', example: 'Ada' })
  first_name!: string;

  @ApiProperty({ description: 'Last name.', example: 'Lovelace' })
  last_name!: string;

  @ApiProperty({ description: 'Every route by which a role grants the permission.', type: [BecauseResponse] })
  because!: BecauseResponse[];
}

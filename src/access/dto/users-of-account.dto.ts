import { ApiProperty } from '@nestjs/swagger';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { BecauseResponse } from './because.response.js';
import { ENVIRONMENT, IsEnvironment, type PermissionEnvironment } from './permission-environment.js';
import { TextField } from '../../common/validation/documented-fields.js';

export class UsersOfAccountQuery extends PageQueryDto {
  @TextField({ description: 'Permission id.', example: 'payments:view' })
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

import { ApiProperty } from '@nestjs/swagger';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { BecauseResponse } from './because.response.js';
import { ENVIRONMENT, IsEnvironment, type PermissionEnvironment } from './permission-environment.js';
import { TextField } from '../../common/validation/documented-fields.js';
import { Property } from '../../common/property.decorator.js';

export class UsersOfAccountQuery extends PageQueryDto {
  @TextField('Permission id.', 'payments:view')
  permission_id!: string;

  @ApiProperty(ENVIRONMENT)
  @IsEnvironment()
  environment: PermissionEnvironment = 'production';
}

export class UserOfAccountResponse {
  @Property('User id.', '019b0000-0000-7000-8000-000000000031', { format: 'uuid' })
  user_id!: string;

  @Property('E-mail address.', 'ada.lovelace@example.com')
  email!: string;

  @Property('First name.', 'Ada')
  first_name!: string;

  @Property('Last name.', 'Lovelace')
  last_name!: string;

  @ApiProperty({ description: 'Every route by which a role grants the permission.', type: [BecauseResponse] })
  because!: BecauseResponse[];
}

import { ApiProperty } from '@nestjs/swagger';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { IsText, IsUuid, MayBeLeftOut } from '../../common/validation/field-rules.js';
import { SANDBOX } from '../../organizations/sandbox.ids.js';

export interface UserFilters {
  email?: string;
  account_id?: string;
  account_group_id?: string;
}

export class ListUsersQuery extends PageQueryDto implements UserFilters {
  @ApiProperty({
    description: 'Only the user with this e-mail address, compared without case.',
    required: false,
    minLength: 1,
    maxLength: 254,
    example: 'ada.lovelace@example.com',
  })
  @MayBeLeftOut()
  @IsText({ max: 254 })
  email?: string;

  @ApiProperty({
    description: 'Only users who hold a role on this account itself.',
    required: false,
    format: 'uuid',
    example: SANDBOX.accounts.lisbon,
  })
  @MayBeLeftOut()
  @IsUuid()
  account_id?: string;

  @ApiProperty({
    description: 'Only users who hold a role on this account group itself.',
    required: false,
    format: 'uuid',
    example: SANDBOX.account_groups.americas,
  })
  @MayBeLeftOut()
  @IsUuid()
  account_group_id?: string;
}

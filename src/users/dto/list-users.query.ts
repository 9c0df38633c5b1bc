import { ApiPropertyOptional } from '@nestjs/swagger';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { IsOneOf } from '../../common/validation/field-rules.js';
import { SANDBOX } from '../../common/sandbox-ids.js';
import { TextField, UuidField } from '../../common/validation/documented-fields.js';

export interface UserFilters {
  email?: string;
  account_id?: string;
  account_group_id?: string;
  search?: string;
}

const SORTS = ['created_at', '-created_at', 'email', '-email', 'last_name', '-last_name'] as const;

export type UserSort = (typeof SORTS)[number];

export class ListUsersQuery extends PageQueryDto implements UserFilters {
  @TextField({
    description: 'Returns only the user with this e-mail address, case-insensitive.',
    required: false,
    max: 254,
    example: 'ada.lovelace@example.com',
  })
  email?: string;

  @UuidField({
    description: 'Returns only users with a role on this account itself.',
    required: false,
    example: SANDBOX.accounts.lisbon,
  })
  account_id?: string;

  @UuidField({
    description: 'Returns only users with a role on this account group itself.',
    required: false,
    example: SANDBOX.account_groups.americas,
  })
  account_group_id?: string;

  @TextField({
    description:
      'Returns only users whose e-mail address or full name ("first last") contains this text, case-insensitive. ' +
      'No character is a wildcard.',
    required: false,
    example: 'lovelace',
  })
  search?: string;

  @ApiPropertyOptional({
    description:
      'Sort order; the prefix `-` sorts descending. E-mail addresses and last names are sorted case-insensitively.',
    enum: SORTS,
    default: 'created_at',
    example: 'last_name',
  })
  @IsOneOf(SORTS)
  sort: UserSort = 'created_at';
}

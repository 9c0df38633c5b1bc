import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { IsOneOf } from '../../common/validation/field-rules.js';
import { SANDBOX } from '../../common/sandbox-ids.js';
import { TextField, UuidField } from '../../common/validation/documented-fields.js';
import { OptionalProperty } from '../../common/property.decorator.js';

export interface UserFilters {
  email?: string;
  account_id?: string;
  account_group_id?: string;
  search?: string;
}

const SORTS = ['created_at', '-created_at', 'email', '-email', 'last_name', '-last_name'] as const;

export type UserSort = (typeof SORTS)[number];

export class ListUsersQuery extends PageQueryDto implements UserFilters {
  @TextField(
    'Returns only the user with this e-mail address, case-insensitive.',
    'ada.lovelace@example.com',
    { required: false, max: 254 },
  )
  email?: string;

  @UuidField('Returns only users with a role on this account itself.', SANDBOX.accounts.lisbon, {
    required: false,
  })
  account_id?: string;

  @UuidField(
    'Returns only users with a role on this account group itself.',
    SANDBOX.account_groups.americas,
    { required: false },
  )
  account_group_id?: string;

  @TextField(
    'Returns only users whose e-mail address or full name ("first last") contains this text, case-insensitive. ' +
      'No character is a wildcard.',
    'lovelace',
    { required: false },
  )
  search?: string;

  @OptionalProperty(
    'Sort order; the prefix `-` sorts descending. E-mail addresses and last names are sorted case-insensitively.',
    'last_name',
    { enum: SORTS, default: 'created_at' },
  )
  @IsOneOf(SORTS)
  sort: UserSort = 'created_at';
}

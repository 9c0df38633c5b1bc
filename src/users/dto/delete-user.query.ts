import { ApiPropertyOptional } from '@nestjs/swagger';
import { MutationQuery } from '../../unit-of-work/current-mutation.decorator.js';
import { IsBooleanInQuery } from '../../common/validation/field-rules.js';

export class DeleteUserQuery extends MutationQuery {
  @ApiPropertyOptional({
    description:
      'Also erases the e-mail address and names of the user from the audit trail. They cannot be recovered. ' +
      'Works for a user that is already deleted, too.',
    type: 'boolean',
    default: false,
    example: false,
  })
  @IsBooleanInQuery()
  erase = false;
}

import { ApiProperty } from '@nestjs/swagger';
import { MutationQuery } from '../../unit-of-work/current-mutation.decorator.js';
import { IsBooleanInQuery } from '../../common/validation/field-rules.js';

export class DeleteUserQuery extends MutationQuery {
  @ApiProperty({
    description:
      'Erase who the user was: its e-mail address and names in the audit trail cannot be read any more, by ' +
      'anybody, for good. Also for a user that was deleted before.',
    required: false,
    type: 'boolean',
    default: false,
    example: false,
  })
  @IsBooleanInQuery()
  erase = false;
}

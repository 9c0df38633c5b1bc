import { MutationQuery } from '../../unit-of-work/current-mutation.decorator.js';
import { IsBooleanInQuery } from '../../common/validation/field-rules.js';
import { OptionalProperty } from '../../common/property.decorator.js';

export class DeleteUserQuery extends MutationQuery {
  @OptionalProperty(
    'Also erases the e-mail address and names of the user from the audit trail. They cannot be recovered. ' +
      'Works for a user that is already deleted, too.',
    false,
    { type: 'boolean', default: false },
  )
  @IsBooleanInQuery()
  erase = false;
}

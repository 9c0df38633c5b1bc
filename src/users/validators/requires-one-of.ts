import { FIELD_CODES } from '../../common/errors/catalogue.js';
import { rule } from '../../common/validation/field-rules.js';

/** At least one entry in this array or in the one named; where either is no array, that is told instead. */
export function RequiresOneOf(otherProperty: string): PropertyDecorator {
  return rule('PERMISSION_REQUIRED', FIELD_CODES.PERMISSION_REQUIRED, (here, { object }) => {
    const there = (object as Record<string, unknown>)[otherProperty];
    return !Array.isArray(here) || !Array.isArray(there) || here.length + there.length > 0;
  });
}

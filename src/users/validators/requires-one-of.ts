import { FIELD_CODES } from '../../common/errors/catalogue.js';
import { rule } from '../../common/validation/field-rules.js';

/** Requires an entry in this array or in the other one. Passes when either is not an array, which another rule reports. */
export function RequiresOneOf(otherProperty: string): PropertyDecorator {
  return rule('PERMISSION_REQUIRED', FIELD_CODES.PERMISSION_REQUIRED, (entries, { object }) => {
    const others = (object as Record<string, unknown>)[otherProperty];
    return !Array.isArray(entries) || !Array.isArray(others) || entries.length + others.length > 0;
  });
}

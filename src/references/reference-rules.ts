import { applyDecorators, Injectable } from '@nestjs/common';
import {
  Validate,
  ValidatorConstraint,
  type ValidationArguments,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { FIELD_CODES } from '../common/errors/catalogue.js';
import { isPrintable, isUuid } from '../common/validation/field-rules.js';
import { ReferenceLookup, type Reference, type ReferenceKind } from './reference-lookup.js';

type RuleCode = keyof typeof FIELD_CODES;

/** A rule on the id of a row. Its constraints are the kind of the row and the field code of the error. */
@Injectable()
abstract class ReferenceRule implements ValidatorConstraintInterface {
  constructor(private readonly references: ReferenceLookup) {}

  async validate(id: unknown, { constraints }: ValidationArguments): Promise<boolean> {
    const kind = constraints[0] as ReferenceKind;
    return !canBeLookedUp(kind, id) || this.accepts(await this.references.findReference(kind, id));
  }

  defaultMessage({ constraints }: ValidationArguments): string {
    return FIELD_CODES[constraints[1] as RuleCode];
  }

  protected abstract accepts(reference: Reference): boolean;
}

@Injectable()
@ValidatorConstraint({ name: 'referenceExists', async: true })
export class ReferenceExists extends ReferenceRule {
  protected override accepts({ exists }: Reference): boolean {
    return exists;
  }
}

/** ReferenceExists reports a row that does not exist. */
@Injectable()
@ValidatorConstraint({ name: 'referenceIsUsable', async: true })
export class ReferenceIsUsable extends ReferenceRule {
  protected override accepts({ exists, isUsable }: Reference): boolean {
    return isUsable || !exists;
  }
}

/** The validators that query the database. */
export const REFERENCE_RULES = [ReferenceExists, ReferenceIsUsable] as const;

/** Requires an active account of the organization. */
export const IsAccountOfOrganization = (): PropertyDecorator =>
  applyDecorators(
    requireExisting('account', 'ACCOUNT_NOT_FOUND'),
    requireUsable('account', 'ACCOUNT_DISABLED'),
  );

/** Requires an account group of the organization. */
export const IsAccountGroupOfOrganization = (): PropertyDecorator =>
  requireExisting('account_group', 'ACCOUNT_GROUP_NOT_FOUND');

/** Requires a role of the organization that is neither an admin nor a staff role. */
export const IsAssignableRole = (): PropertyDecorator =>
  applyDecorators(requireExisting('role', 'ROLE_NOT_FOUND'), requireUsable('role', 'ROLE_NOT_ASSIGNABLE'));

function requireExisting(kind: ReferenceKind, code: RuleCode): PropertyDecorator {
  return Validate(ReferenceExists, [kind, code], { context: { code } });
}

function requireUsable(kind: ReferenceKind, code: RuleCode): PropertyDecorator {
  return Validate(ReferenceIsUsable, [kind, code], { context: { code } });
}

/** A malformed id must not reach the database; another rule reports it. */
function canBeLookedUp(kind: ReferenceKind, id: unknown): id is string {
  return kind === 'role' ? typeof id === 'string' && isPrintable(id) : isUuid(id);
}

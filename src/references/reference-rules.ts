import { applyDecorators, Injectable } from '@nestjs/common';
import {
  Validate,
  ValidatorConstraint,
  type ValidationArguments,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { FIELD_CODES } from '../common/errors/catalogue.js';
import { isPrintable, isUuid } from '../common/validation/field-rules.js';
import { ReferenceLookup, type ReferenceKind } from './reference-lookup.js';

type RuleCode = keyof typeof FIELD_CODES;

@Injectable()
@ValidatorConstraint({ name: 'referenceExists', async: true })
export class ReferenceExists implements ValidatorConstraintInterface {
  constructor(private readonly references: ReferenceLookup) {}

  async validate(id: unknown, { constraints }: ValidationArguments): Promise<boolean> {
    const kind = constraints[0] as ReferenceKind;
    return !canBeLookedUp(kind, id) || (await this.references.findReference(kind, id)).exists;
  }

  defaultMessage(args: ValidationArguments): string {
    return messageOf(args);
  }
}

@Injectable()
@ValidatorConstraint({ name: 'referenceIsUsable', async: true })
export class ReferenceIsUsable implements ValidatorConstraintInterface {
  constructor(private readonly references: ReferenceLookup) {}

  async validate(id: unknown, { constraints }: ValidationArguments): Promise<boolean> {
    const kind = constraints[0] as ReferenceKind;
    if (!canBeLookedUp(kind, id)) return true;
    const { exists, isUsable } = await this.references.findReference(kind, id);
    return isUsable || !exists;
  }

  defaultMessage(args: ValidationArguments): string {
    return messageOf(args);
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

function messageOf({ constraints }: ValidationArguments): string {
  return FIELD_CODES[constraints[1] as RuleCode];
}

/** A malformed id must not reach the database; another rule reports it. */
function canBeLookedUp(kind: ReferenceKind, id: unknown): id is string {
  return kind === 'role' ? typeof id === 'string' && isPrintable(id) : isUuid(id);
}

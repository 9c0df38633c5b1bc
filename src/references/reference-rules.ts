import { applyDecorators, Injectable } from '@nestjs/common';
import {
  Validate,
  ValidatorConstraint,
  type ValidationArguments,
  type ValidatorConstraintInterface,
} from 'class-validator';
import { FIELD_CODES } from '../common/errors/catalogue.js';
import { isPrintable, isUuid } from '../common/validation/field-rules.js';
import { ReferenceLookup, type ReferenceKind } from './references.service.js';

type RuleCode = keyof typeof FIELD_CODES;

@Injectable()
@ValidatorConstraint({ name: 'referenceExists', async: true })
export class ReferenceExists implements ValidatorConstraintInterface {
  constructor(private readonly references: ReferenceLookup) {}

  async validate(id: unknown, { constraints }: ValidationArguments): Promise<boolean> {
    const kind = constraints[0] as ReferenceKind;
    return !canBeLookedUp(kind, id) || (await this.references.find(kind, id)).exists;
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
    const { exists, usable } = await this.references.find(kind, id);
    return usable || !exists;
  }

  defaultMessage(args: ValidationArguments): string {
    return messageOf(args);
  }
}

/** The rules that ask the database. */
export const REFERENCE_RULES = [ReferenceExists, ReferenceIsUsable] as const;

/** The account belongs to the caller's organization and is not disabled. */
export const IsAccountOfOrganization = (): PropertyDecorator =>
  applyDecorators(exists('account', 'ACCOUNT_NOT_FOUND'), isUsable('account', 'ACCOUNT_DISABLED'));

/** The account group belongs to the caller's organization. */
export const IsAccountGroupOfOrganization = (): PropertyDecorator =>
  exists('account_group', 'ACCOUNT_GROUP_NOT_FOUND');

/** The role belongs to the caller's organization and is neither an admin's nor staff's. */
export const IsAssignableRole = (): PropertyDecorator =>
  applyDecorators(exists('role', 'ROLE_NOT_FOUND'), isUsable('role', 'ROLE_NOT_ASSIGNABLE'));

function exists(kind: ReferenceKind, code: RuleCode): PropertyDecorator {
  return Validate(ReferenceExists, [kind, code], { context: { code } });
}

function isUsable(kind: ReferenceKind, code: RuleCode): PropertyDecorator {
  return Validate(ReferenceIsUsable, [kind, code], { context: { code } });
}

function messageOf({ constraints }: ValidationArguments): string {
  return FIELD_CODES[constraints[1] as RuleCode];
}

/** What is malformed is another rule's to tell, and must not reach the database. */
function canBeLookedUp(kind: ReferenceKind, id: unknown): id is string {
  return kind === 'role' ? typeof id === 'string' && isPrintable(id) : isUuid(id);
}

import { IsOneOf } from '../../common/validation/field-rules.js';

export type PermissionEnvironment = 'production' | 'sandbox';

const ENVIRONMENTS: readonly PermissionEnvironment[] = ['production', 'sandbox'];

export const ENVIRONMENT = {
  description: 'The environment whose permissions of a role are evaluated.',
  required: false,
  enum: ENVIRONMENTS,
  default: 'production',
  example: 'production',
} as const;

export const IsEnvironment = (): PropertyDecorator => IsOneOf(ENVIRONMENTS);

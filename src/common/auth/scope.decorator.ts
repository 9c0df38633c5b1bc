import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { ScopeName } from './scopes.js';

export const REQUIRED_SCOPE = 'tenantry:scope';

/** Sets the scope that a key needs for the route, and documents it in the OpenAPI document. */
export const Scope = (scope: ScopeName): MethodDecorator =>
  applyDecorators(SetMetadata(REQUIRED_SCOPE, scope), ApiExtension('x-required-scope', scope));

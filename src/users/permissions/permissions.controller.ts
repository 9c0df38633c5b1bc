import { Body, Controller, Delete, Get, Patch, Put, type Type } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../../common/auth/current-organization.decorator.js';
import { Scope } from '../../common/auth/scope.decorator.js';
import { PathId, UserId } from '../../common/http/path-ids.decorator.js';
import { ApiWithETag } from '../../common/http/with-etag.decorator.js';
import { ApiDeletion, ApiUpdate } from '../../unit-of-work/api-mutation.decorator.js';
import { CurrentMutation } from '../../unit-of-work/current-mutation.decorator.js';
import type { MutationContext, MutationOutcome } from '../../unit-of-work/mutation.js';
import type { PermissionsDto } from './dto/permissions.dto.js';
import { StatusResponse, type PermissionList } from './dto/permissions.response.js';
import type { PermissionKind } from './permission-kind.js';
import { PermissionsService } from './permissions.service.js';
import { Operation } from '../../common/http/operation.decorator.js';

/** Returns the controller class of one kind of permission; the routes of the two kinds differ only in names. */
export function permissionsController(kind: PermissionKind): Type {
  const { operation, title, plural, singular, replaceNote, targetDescription, targetExample } = kind.openApi;

  @ApiTags('Permissions of users')
  @Controller(`organizations/users/:user_id/${kind.path}`)
  class PermissionsController {
    constructor(private readonly permissions: PermissionsService) {}

    @Get()
    @Scope('users:read')
    @Operation(
      `retrieve-user-${operation}s`,
      `Retrieve ${title}s of a User`,
      `Returns the roles of the user on ${plural}, with names.`,
    )
    @ApiWithETag(kind.response, 'The permissions.', 'NOT_FOUND')
    list(@CurrentOrganization() organizationId: string, @UserId() userId: string): Promise<PermissionList> {
      return this.permissions.list(organizationId, kind, userId);
    }

    @Put()
    @Scope('users:write')
    @Operation(
      `replace-user-${operation}s`,
      `Replace ${title}s of a User`,
      `Assigns these roles on ${plural} and removes all others${replaceNote}. ` +
        'When one entry is invalid, nothing is changed.',
    )
    @ApiUpdate(StatusResponse, 'The permissions are replaced.', { hasETag: false })
    @BodyType(kind.request)
    replace(
      @CurrentMutation() context: MutationContext,
      @UserId() userId: string,
      @Body() body: PermissionsDto,
    ): Promise<MutationOutcome<StatusResponse>> {
      return this.permissions.replace(context, kind, userId, body);
    }

    @Patch()
    @Scope('users:write')
    @Operation(
      `update-user-${operation}s`,
      `Update ${title}s of a User`,
      `Assigns these roles on ${plural}, replacing those on the same ${plural}; removes no others. ` +
        'When one entry is invalid, nothing is changed.',
    )
    @ApiUpdate(kind.response, 'All of these permissions after the change.', { hasETag: false })
    @BodyType(kind.request)
    update(
      @CurrentMutation() context: MutationContext,
      @UserId() userId: string,
      @Body() body: PermissionsDto,
    ): Promise<MutationOutcome<PermissionList>> {
      return this.permissions.add(context, kind, userId, body);
    }

    @Delete(`:${kind.target}`)
    @Scope('users:write')
    @Operation(
      `delete-user-${operation}`,
      `Delete ${title} of a User`,
      `Removes the role of the user on this ${singular}.`,
    )
    @ApiDeletion('The permission is removed.')
    remove(
      @CurrentMutation() context: MutationContext,
      @UserId() userId: string,
      @PathId(kind.target, targetDescription, targetExample) targetId: string,
    ): Promise<MutationOutcome<void>> {
      return this.permissions.remove(context, kind, userId, targetId);
    }
  }

  return PermissionsController;
}

/** Sets the class of the last parameter, `@Body()`, which validation and the OpenAPI document use. */
function BodyType(type: Type): MethodDecorator {
  return (target, method) => {
    const types = Reflect.getMetadata('design:paramtypes', target, method) as unknown[];
    Reflect.defineMetadata('design:paramtypes', [...types.slice(0, -1), type], target, method);
  };
}

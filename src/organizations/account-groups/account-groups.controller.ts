import { Body, Controller, Delete, Get, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../../common/auth/current-organization.decorator.js';
import { Scope } from '../../common/auth/scope.decorator.js';
import { ApiUpdate, ApiCreation, ApiDeletion } from '../../unit-of-work/api-mutation.decorator.js';
import type { MutationContext, MutationOutcome } from '../../unit-of-work/mutation.js';
import { CurrentMutation } from '../../unit-of-work/current-mutation.decorator.js';
import { ApiWithETag } from '../../common/http/with-etag.decorator.js';
import { ApiPage, type Page } from '../../common/pagination/page.js';
import { AccountGroupsService } from './account-groups.service.js';
import { AccountGroupResponse } from './dto/account-group.response.js';
import { CreateAccountGroupDto } from './dto/create-account-group.dto.js';
import { ListAccountGroupsQuery } from './dto/list-account-groups.query.js';
import { AccountGroupId } from '../../common/http/path-ids.decorator.js';
import { UpdateAccountGroupDto } from './dto/update-account-group.dto.js';
import { Operation } from '../../common/http/operation.decorator.js';

@ApiTags('Account groups')
@Controller('organizations/account-groups')
export class AccountGroupsController {
  constructor(private readonly accountGroups: AccountGroupsService) {}

  @Post()
  @Scope('accounts:write')
  @Operation(
    'create-account-group',
    'Create Account Group',
    'Creates a group and moves the accounts of `account_codes` into it. When one of them is unknown or disabled, ' +
      'nothing is changed.',
  )
  @ApiCreation(AccountGroupResponse, 'The new group.', { location: '/v1/organizations/account-groups' })
  create(
    @CurrentMutation() context: MutationContext,
    @Body() body: CreateAccountGroupDto,
  ): Promise<MutationOutcome<AccountGroupResponse>> {
    const { name, merchant_id, account_codes } = body;
    const accountIds = account_codes.map(({ value }) => value);
    return this.accountGroups.create(context, { name, merchant_id, account_codes: accountIds });
  }

  @Get()
  @Scope('accounts:read')
  @Operation(
    'list-account-groups',
    'List Account Groups',
    'Lists the groups of your organization, oldest first. `merchant_id` filters by merchant.',
  )
  @ApiPage(AccountGroupResponse, 'The groups of this page.')
  list(
    @CurrentOrganization() organizationId: string,
    @Query() query: ListAccountGroupsQuery,
  ): Promise<Page<AccountGroupResponse>> {
    return this.accountGroups.list(organizationId, query, query);
  }

  @Get(':account_group_id')
  @Scope('accounts:read')
  @Operation('retrieve-account-group', 'Retrieve Account Group', 'Returns the group.')
  @ApiWithETag(AccountGroupResponse, 'The group.', 'NOT_FOUND')
  retrieve(
    @CurrentOrganization() organizationId: string,
    @AccountGroupId() accountGroupId: string,
  ): Promise<AccountGroupResponse> {
    return this.accountGroups.retrieve(organizationId, accountGroupId);
  }

  @Patch(':account_group_id')
  @Scope('accounts:write')
  @Operation(
    'update-account-group',
    'Update Account Group',
    'Updates the properties that the body has. `parent_code` nests the group in another one, or moves it to the root.',
  )
  @ApiUpdate(AccountGroupResponse, 'The group after the change.', { problems: ['GROUP_CYCLE'] })
  update(
    @CurrentMutation() context: MutationContext,
    @AccountGroupId() accountGroupId: string,
    @Body() patch: UpdateAccountGroupDto,
  ): Promise<MutationOutcome<AccountGroupResponse>> {
    return this.accountGroups.update(context, accountGroupId, patch);
  }

  @Delete(':account_group_id')
  @Scope('accounts:write')
  @Operation(
    'delete-account-group',
    'Delete Account Group',
    'Deletes the group and the permissions on it. A group with accounts or sub-groups cannot be deleted.',
  )
  @ApiDeletion('The group is deleted.', { problems: ['GROUP_HAS_ACCOUNTS', 'GROUP_HAS_SUBGROUPS'] })
  delete(
    @CurrentMutation() context: MutationContext,
    @AccountGroupId() accountGroupId: string,
  ): Promise<MutationOutcome<void>> {
    return this.accountGroups.delete(context, accountGroupId);
  }
}

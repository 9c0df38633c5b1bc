import { Body, Controller, Delete, Get, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../../common/auth/current-organization.decorator.js';
import { Scope } from '../../common/auth/scope.decorator.js';
import { ApiCreation, ApiDeletion } from '../../unit-of-work/api-mutation.decorator.js';
import type { MutationContext, MutationOutcome } from '../../unit-of-work/mutation.js';
import { CurrentMutation } from '../../unit-of-work/current-mutation.decorator.js';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { ApiPage, type Page } from '../../common/pagination/page.js';
import { AccountsOfGroupService } from './accounts-of-group.service.js';
import { AccountResponse } from '../accounts/dto/account.response.js';
import { CreateAccountDto } from '../accounts/dto/create-account.dto.js';
import { AccountGroupId, AccountId } from '../../common/http/path-ids.decorator.js';
import { Operation } from '../../common/http/operation.decorator.js';

@ApiTags('Accounts')
@Controller('organizations/account-groups/:account_group_id/accounts')
export class AccountsOfGroupController {
  constructor(private readonly accounts: AccountsOfGroupService) {}

  @Post()
  @Scope('accounts:write')
  @Operation('create-account', 'Create Account', 'Creates an account in the group.')
  @ApiCreation(AccountResponse, 'The new account.', {
    location: '/v1/organizations/accounts',
    problems: ['NOT_FOUND'],
  })
  create(
    @CurrentMutation() context: MutationContext,
    @AccountGroupId() accountGroupId: string,
    @Body() body: CreateAccountDto,
  ): Promise<MutationOutcome<AccountResponse>> {
    return this.accounts.create(context, accountGroupId, body);
  }

  @Get()
  @Scope('accounts:read')
  @Operation(
    'list-accounts-of-group',
    'List Accounts of a Group',
    'Lists the active accounts in the group itself, oldest first.',
  )
  @ApiPage(AccountResponse, 'The accounts of this page.', 'NOT_FOUND')
  list(
    @CurrentOrganization() organizationId: string,
    @AccountGroupId() accountGroupId: string,
    @Query() query: PageQueryDto,
  ): Promise<Page<AccountResponse>> {
    return this.accounts.list(organizationId, accountGroupId, query);
  }

  @Delete(':account_id')
  @Scope('accounts:write')
  @Operation(
    'remove-account-from-group',
    'Remove Account from Group',
    'Removes the account from the group. The last account of a group cannot be removed.',
  )
  @ApiDeletion('The account is in no group now.', { problems: ['LAST_ACCOUNT_IN_GROUP'] })
  remove(
    @CurrentMutation() context: MutationContext,
    @AccountGroupId() accountGroupId: string,
    @AccountId() accountId: string,
  ): Promise<MutationOutcome<void>> {
    return this.accounts.remove(context, accountGroupId, accountId);
  }
}

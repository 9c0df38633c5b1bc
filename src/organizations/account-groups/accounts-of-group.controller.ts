import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../../common/auth/current-organization.decorator.js';
import { Scope } from '../../common/auth/scope.decorator.js';
import { ApiCreation, ApiDeletion } from '../../unit-of-work/api-mutation.decorator.js';
import type { MutationContext } from '../../unit-of-work/mutation-context.js';
import type { MutationOutcome } from '../../unit-of-work/mutation-outcome.js';
import { CurrentMutation } from '../../unit-of-work/current-mutation.decorator.js';
import { ApiProblems } from '../../common/errors/api-problems.decorator.js';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { ApiPage, type Page } from '../../common/pagination/page.js';
import { PathIdPipe } from '../../common/validation/path-id.pipe.js';
import { AccountsOfGroupService } from './accounts-of-group.service.js';
import { AccountResponse } from '../accounts/dto/account.response.js';
import { CreateAccountDto } from '../accounts/dto/create-account.dto.js';
import { ApiAccountGroupId, ApiAccountId } from '../../common/http/path-ids.decorator.js';

@ApiTags('Accounts')
@Controller('organizations/account-groups/:account_group_id/accounts')
export class AccountsOfGroupController {
  constructor(private readonly accounts: AccountsOfGroupService) {}

  @Post()
  @Scope('accounts:write')
  @ApiOperation({
    operationId: 'create-account',
    summary: 'Create Account',
    description: 'Creates an account in the group.',
  })
  @ApiAccountGroupId()
  @ApiCreation({
    description: 'The new account.',
    type: AccountResponse,
    hasETag: true,
    location: '/v1/organizations/accounts',
    problems: ['NOT_FOUND'],
  })
  create(
    @CurrentMutation() context: MutationContext,
    @Param('account_group_id', PathIdPipe) accountGroupId: string,
    @Body() body: CreateAccountDto,
  ): Promise<MutationOutcome<AccountResponse>> {
    return this.accounts.create(context, accountGroupId, body);
  }

  @Get()
  @Scope('accounts:read')
  @ApiOperation({
    operationId: 'list-accounts-of-group',
    summary: 'List Accounts of a Group',
    description: 'Lists the active accounts in the group itself, oldest first.',
  })
  @ApiAccountGroupId()
  @ApiPage(AccountResponse, 'The accounts of this page.')
  @ApiProblems('NOT_FOUND', 'VALIDATION_ERROR')
  list(
    @CurrentOrganization() organizationId: string,
    @Param('account_group_id', PathIdPipe) accountGroupId: string,
    @Query() query: PageQueryDto,
  ): Promise<Page<AccountResponse>> {
    return this.accounts.list(organizationId, accountGroupId, query);
  }

  @Delete(':account_id')
  @Scope('accounts:write')
  @ApiOperation({
    operationId: 'remove-account-from-group',
    summary: 'Remove Account from Group',
    description: 'Removes the account from the group. The last account of a group cannot be removed.',
  })
  @ApiAccountGroupId()
  @ApiAccountId()
  @ApiDeletion({
    description: 'The account is in no group now.',
    problems: ['NOT_FOUND', 'LAST_ACCOUNT_IN_GROUP'],
  })
  remove(
    @CurrentMutation() context: MutationContext,
    @Param('account_group_id', PathIdPipe) accountGroupId: string,
    @Param('account_id', PathIdPipe) accountId: string,
  ): Promise<MutationOutcome<void>> {
    return this.accounts.remove(context, accountGroupId, accountId);
  }
}

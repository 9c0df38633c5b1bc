import { Body, Controller, Delete, Get, Param, Patch, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../../common/auth/current-organization.decorator.js';
import { Scope } from '../../common/auth/scope.decorator.js';
import { ApiUpdate, ApiDeletion } from '../../unit-of-work/api-mutation.decorator.js';
import type { MutationContext } from '../../unit-of-work/mutation-context.js';
import type { MutationOutcome } from '../../unit-of-work/mutation-outcome.js';
import { CurrentMutation } from '../../unit-of-work/current-mutation.decorator.js';
import { ApiProblems } from '../../common/errors/api-problems.decorator.js';
import { ApiWithETag } from '../../common/http/with-etag.decorator.js';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { ApiPage, type Page } from '../../common/pagination/page.js';
import { PathIdPipe } from '../../common/validation/path-id.pipe.js';
import { AccountsService } from './accounts.service.js';
import { AccountDisabledResponse } from './dto/account-disabled.response.js';
import { AccountResponse } from './dto/account.response.js';
import { ApiAccountId } from '../../common/http/path-ids.decorator.js';
import { UpdateAccountDto } from './dto/update-account.dto.js';

@ApiTags('Accounts')
@Controller('organizations/accounts')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  @Get()
  @Scope('accounts:read')
  @ApiOperation({
    operationId: 'list-accounts',
    summary: 'List Accounts',
    description: 'Lists the active accounts of your organization, in groups or not, oldest first.',
  })
  @ApiPage(AccountResponse, 'The accounts of this page.')
  @ApiProblems('VALIDATION_ERROR')
  list(
    @CurrentOrganization() organizationId: string,
    @Query() query: PageQueryDto,
  ): Promise<Page<AccountResponse>> {
    return this.accounts.list(organizationId, query);
  }

  @Get(':account_id')
  @Scope('accounts:read')
  @ApiOperation({
    operationId: 'retrieve-account',
    summary: 'Retrieve Account',
    description: 'Returns the account, active or disabled.',
  })
  @ApiAccountId()
  @ApiWithETag({ description: 'The account.', type: AccountResponse })
  @ApiProblems('NOT_FOUND')
  retrieve(
    @CurrentOrganization() organizationId: string,
    @Param('account_id', PathIdPipe) accountId: string,
  ): Promise<AccountResponse> {
    return this.accounts.retrieve(organizationId, accountId);
  }

  @Patch(':account_id')
  @Scope('accounts:write')
  @ApiOperation({
    operationId: 'update-account',
    summary: 'Update Account',
    description: 'Updates the name.',
  })
  @ApiAccountId()
  @ApiUpdate({
    description: 'The account after the change.',
    type: AccountResponse,
    hasETag: true,
    problems: ['NOT_FOUND'],
  })
  update(
    @CurrentMutation() context: MutationContext,
    @Param('account_id', PathIdPipe) accountId: string,
    @Body() patch: UpdateAccountDto,
  ): Promise<MutationOutcome<AccountResponse>> {
    return this.accounts.update(context, accountId, patch);
  }

  @Delete(':account_id')
  @Scope('accounts:write')
  @ApiOperation({
    operationId: 'delete-account',
    summary: 'Delete Account',
    description:
      'Disables the account. It keeps its history and the permissions on it, is no longer listed, and no new ' +
      'permissions can be assigned on it.',
  })
  @ApiAccountId()
  @ApiDeletion({
    description: 'The account is disabled.',
    type: AccountDisabledResponse,
    problems: ['NOT_FOUND'],
  })
  delete(
    @CurrentMutation() context: MutationContext,
    @Param('account_id', PathIdPipe) accountId: string,
  ): Promise<MutationOutcome<AccountDisabledResponse>> {
    return this.accounts.disable(context, accountId);
  }
}

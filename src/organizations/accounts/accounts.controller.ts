import { Body, Controller, Delete, Get, Patch, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../../common/auth/current-organization.decorator.js';
import { Scope } from '../../common/auth/scope.decorator.js';
import { ApiUpdate, ApiDeletion } from '../../unit-of-work/api-mutation.decorator.js';
import type { MutationContext, MutationOutcome } from '../../unit-of-work/mutation.js';
import { CurrentMutation } from '../../unit-of-work/current-mutation.decorator.js';
import { ApiWithETag } from '../../common/http/with-etag.decorator.js';
import { PageQueryDto } from '../../common/pagination/page-query.dto.js';
import { ApiPage, type Page } from '../../common/pagination/page.js';
import { AccountsService } from './accounts.service.js';
import { AccountDisabledResponse } from './dto/account-disabled.response.js';
import { AccountResponse } from './dto/account.response.js';
import { AccountId } from '../../common/http/path-ids.decorator.js';
import { UpdateAccountDto } from './dto/update-account.dto.js';
import { Operation } from '../../common/http/operation.decorator.js';

@ApiTags('Accounts')
@Controller('organizations/accounts')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  @Get()
  @Scope('accounts:read')
  @Operation(
    'list-accounts',
    'List Accounts',
    'Lists the active accounts of your organization, in groups or not, oldest first.',
  )
  @ApiPage(AccountResponse, 'The accounts of this page.')
  list(
    @CurrentOrganization() organizationId: string,
    @Query() query: PageQueryDto,
  ): Promise<Page<AccountResponse>> {
    return this.accounts.list(organizationId, query);
  }

  @Get(':account_id')
  @Scope('accounts:read')
  @Operation('retrieve-account', 'Retrieve Account', 'Returns the account, active or disabled.')
  @ApiWithETag(AccountResponse, 'The account.', 'NOT_FOUND')
  retrieve(
    @CurrentOrganization() organizationId: string,
    @AccountId() accountId: string,
  ): Promise<AccountResponse> {
    return this.accounts.retrieve(organizationId, accountId);
  }

  @Patch(':account_id')
  @Scope('accounts:write')
  @Operation('update-account', 'Update Account', 'Updates the name.')
  @ApiUpdate(AccountResponse, 'The account after the change.')
  update(
    @CurrentMutation() context: MutationContext,
    @AccountId() accountId: string,
    @Body() patch: UpdateAccountDto,
  ): Promise<MutationOutcome<AccountResponse>> {
    return this.accounts.update(context, accountId, patch);
  }

  @Delete(':account_id')
  @Scope('accounts:write')
  @Operation(
    'delete-account',
    'Delete Account',
    'Disables the account. It keeps its history and the permissions on it, is no longer listed, and no new ' +
      'permissions can be assigned on it.',
  )
  @ApiDeletion('The account is disabled.', { type: AccountDisabledResponse })
  delete(
    @CurrentMutation() context: MutationContext,
    @AccountId() accountId: string,
  ): Promise<MutationOutcome<AccountDisabledResponse>> {
    return this.accounts.disable(context, accountId);
  }
}

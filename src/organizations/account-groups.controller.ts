import { Body, Controller, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentOrganization } from '../auth/current-organization.decorator.js';
import { ApiBodyProblems } from '../common/errors/api-problems.decorator.js';
import { PathIdPipe } from '../common/validation/path-id.pipe.js';
import { AccountGroupsService } from './account-groups.service.js';
import { AccountsService } from './accounts.service.js';
import { AccountGroupResponse } from './dto/account-group.response.js';
import { AccountResponse } from './dto/account.response.js';
import { CreateAccountGroupDto } from './dto/create-account-group.dto.js';
import { CreateAccountDto } from './dto/create-account.dto.js';
import { SANDBOX } from './sandbox.ids.js';

@ApiTags('Account groups and accounts')
@Controller('organizations/account-groups')
export class AccountGroupsController {
  constructor(
    private readonly accountGroups: AccountGroupsService,
    private readonly accounts: AccountsService,
  ) {}

  @Post()
  @ApiOperation({
    operationId: 'create-account-group',
    summary: 'Create Account Group',
    description:
      'Creates a group, and moves the given accounts into it. One unknown or disabled account fails the whole request.',
  })
  @ApiCreatedResponse({ description: 'The new group.', type: AccountGroupResponse })
  @ApiBodyProblems()
  create(
    @CurrentOrganization() organizationId: string,
    @Body() body: CreateAccountGroupDto,
  ): Promise<AccountGroupResponse> {
    const { name, merchant_id, account_codes } = body;
    const accountIds = account_codes.map(({ value }) => value);
    return this.accountGroups.create(organizationId, { name, merchant_id, account_codes: accountIds });
  }

  @Post(':account_group_id/accounts')
  @ApiOperation({
    operationId: 'create-account',
    summary: 'Create Account',
    description: 'Creates an account in the group.',
  })
  @ApiParam({
    name: 'account_group_id',
    description: 'Account group id.',
    schema: { type: 'string', format: 'uuid' },
    example: SANDBOX.account_groups.europe,
  })
  @ApiCreatedResponse({ description: 'The new account.', type: AccountResponse })
  @ApiBodyProblems('NOT_FOUND')
  createAccount(
    @CurrentOrganization() organizationId: string,
    @Param('account_group_id', PathIdPipe) accountGroupId: string,
    @Body() body: CreateAccountDto,
  ): Promise<AccountResponse> {
    return this.accounts.create(organizationId, accountGroupId, body);
  }
}

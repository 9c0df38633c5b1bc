import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { AccountResponse } from './dto/account.response.js';
import { Account } from './entities/account.entity.js';

@Injectable()
export class AccountsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @throws Problem NOT_FOUND, by the foreign key, when the organization has no such group */
  async create(
    organizationId: string,
    accountGroupId: string,
    account: { name: string },
  ): Promise<AccountResponse> {
    const { manager } = this.dataSource;
    const created = manager.create(Account, {
      ...account,
      organization_id: organizationId,
      id: uuidv7(),
      account_group_id: accountGroupId,
    });
    await manager.insert(Account, created);
    const { organization_id: _, status: __, ...response } = created;
    return response;
  }
}

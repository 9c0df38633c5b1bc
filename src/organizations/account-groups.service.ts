import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, In, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { FIELD_CODES } from '../common/errors/catalogue.js';
import { Problem } from '../common/errors/problem.js';
import type { AccountGroupResponse } from './dto/account-group.response.js';
import { AccountGroup } from './entities/account-group.entity.js';
import { Account } from './entities/account.entity.js';

export interface NewAccountGroup {
  name: string;
  merchant_id: string;
  /** Ids of active accounts, each moved out of the group it is in. */
  account_codes: readonly string[];
}

@Injectable()
export class AccountGroupsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** @throws Problem VALIDATION_ERROR when an account was disabled since the request was validated */
  create(
    organizationId: string,
    { account_codes, ...group }: NewAccountGroup,
  ): Promise<AccountGroupResponse> {
    return this.dataSource.transaction(async (manager) => {
      const created = manager.create(AccountGroup, {
        ...group,
        organization_id: organizationId,
        id: uuidv7(),
        parent_code: null,
      });
      await manager.insert(AccountGroup, created);
      await moveAccounts(manager, created, account_codes);
      const { organization_id: _, ...response } = created;
      return response;
    });
  }
}

async function moveAccounts(
  manager: EntityManager,
  group: AccountGroup,
  accountIds: readonly string[],
): Promise<void> {
  if (accountIds.length === 0) return;
  const { affected } = await manager.update(
    Account,
    { organization_id: group.organization_id, id: In([...accountIds]), status: 'active' },
    { account_group_id: group.id, updated_at: () => 'now()' },
  );
  if (affected !== accountIds.length) {
    throw new Problem('VALIDATION_ERROR', {
      errors: [{ field: 'account_codes', code: 'ACCOUNT_DISABLED', message: FIELD_CODES.ACCOUNT_DISABLED }],
    });
  }
}

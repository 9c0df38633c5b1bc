import { insertFirstEventsCtes, type FirstEvent } from '../audit/record-event.js';
import type { BatchableInsert } from '../database/batchable-insert.js';
import { QueryParameters } from '../database/query-parameters.js';

export interface NewUser {
  email: string;
  first_name: string;
  last_name: string;
  account_permissions: readonly { account_id: string; role_id: string }[];
  account_group_permissions: readonly { account_group_id: string; role_id: string }[];
}

/** A user with its id and the audit event of its creation. */
export interface UserToInsert extends NewUser {
  id: string;
  event: FirstEvent;
}

/** Inserts users with their permissions and audit events; returns created_at and updated_at of each user. */
export const INSERT_USERS: BatchableInsert<UserToInsert> = {
  statement: (organizationId, users) => {
    const parameters = new QueryParameters();
    const organization = `${parameters.add(organizationId)}::uuid`;
    const ids = parameters.addRows(users, { id: 'uuid' });
    const people = parameters.addRows(users, {
      id: 'uuid',
      email: 'text',
      first_name: 'text',
      last_name: 'text',
    });
    const onAccounts = parameters.addRows(
      users.flatMap(({ id, account_permissions: held }) => held.map((row) => ({ ...row, user_id: id }))),
      { user_id: 'uuid', account_id: 'uuid', role_id: 'text' },
    );
    const onGroups = parameters.addRows(
      users.flatMap(({ id, account_group_permissions: held }) =>
        held.map((row) => ({ ...row, user_id: id })),
      ),
      { user_id: 'uuid', account_group_id: 'uuid', role_id: 'text' },
    );
    const events = users.map(({ event }) => event);
    const text = `
  WITH created AS (
    INSERT INTO users (organization_id, id, email, first_name, last_name)
    SELECT ${organization}, * FROM ${people}
    ON CONFLICT (organization_id, id) DO NOTHING
    RETURNING id, created_at, updated_at
  ), on_accounts AS (
    INSERT INTO account_permissions (organization_id, user_id, account_id, role_id)
    SELECT ${organization}, * FROM ${onAccounts}
    ON CONFLICT (organization_id, user_id, account_id) DO NOTHING
  ), on_account_groups AS (
    INSERT INTO account_group_permissions (organization_id, user_id, account_group_id, role_id)
    SELECT ${organization}, * FROM ${onGroups}
    ON CONFLICT (organization_id, user_id, account_group_id) DO NOTHING
  ), ${insertFirstEventsCtes(parameters, organization, events)}
  SELECT created_at, updated_at
  FROM ${ids} WITH ORDINALITY AS given (id, n) JOIN created USING (id) ORDER BY n`;
    return { name: 'insert_users', text, values: parameters.values };
  },
  rowCount: ({ account_permissions, account_group_permissions }) =>
    1 + account_permissions.length + account_group_permissions.length,
};

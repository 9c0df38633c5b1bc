import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** Assigns a role to a user on an account. The foreign keys include the conditions on the role and the account. */
@Entity('account_permissions')
@ForeignKey('users', ['organization_id', 'user_id'], ['organization_id', 'id'], {
  name: 'account_permissions_user_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(
  'accounts',
  ['organization_id', 'account_id', 'account_status'],
  ['organization_id', 'id', 'status'],
  { name: 'account_permissions_account_fkey' },
)
@ForeignKey(
  'roles',
  ['organization_id', 'role_id', 'role_assignable'],
  ['organization_id', 'id', 'assignable'],
  { name: 'account_permissions_role_fkey' },
)
@Index('account_permissions_account_idx', ['organization_id', 'account_id'])
@Index('account_permissions_role_idx', ['organization_id', 'role_id'])
@Check('account_permissions_role_check', 'role_assignable')
export class AccountPermission {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'account_permissions_pkey' })
  organization_id!: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'account_permissions_pkey' })
  user_id!: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'account_permissions_pkey' })
  account_id!: string;

  @Column('text')
  role_id!: string;

  /** Always true, so that the foreign key admits assignable roles only. */
  @Column('boolean', { default: true })
  role_assignable!: boolean;

  /** Updated with the status of the account; a trigger refuses a new permission that is not `active`. */
  @Column('text', { default: 'active' })
  account_status!: 'active' | 'disabled';
}

import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** Assigns a role to a user on an account group; it applies to the accounts of the group and of its descendants. */
@Entity('account_group_permissions')
@ForeignKey('users', ['organization_id', 'user_id'], ['organization_id', 'id'], {
  name: 'account_group_permissions_user_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey('account_groups', ['organization_id', 'account_group_id'], ['organization_id', 'id'], {
  name: 'account_group_permissions_account_group_fkey',
  onDelete: 'CASCADE',
})
@ForeignKey(
  'roles',
  ['organization_id', 'role_id', 'role_assignable'],
  ['organization_id', 'id', 'assignable'],
  { name: 'account_group_permissions_role_fkey' },
)
@Index('account_group_permissions_account_group_idx', ['organization_id', 'account_group_id'])
@Index('account_group_permissions_role_idx', ['organization_id', 'role_id'])
@Check('account_group_permissions_role_check', 'role_assignable')
export class AccountGroupPermission {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'account_group_permissions_pkey' })
  organization_id!: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'account_group_permissions_pkey' })
  user_id!: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'account_group_permissions_pkey' })
  account_group_id!: string;

  @Column('text')
  role_id!: string;

  /** Always true, so that the foreign key admits assignable roles only. */
  @Column('boolean', { default: true })
  role_assignable!: boolean;
}

import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

export type AccountStatus = 'active' | 'disabled';

/** A business unit; it is in at most one group. */
@Entity('accounts')
@ForeignKey('organizations', ['organization_id'], ['id'], { name: 'accounts_organization_fkey' })
@ForeignKey('account_groups', ['organization_id', 'account_group_id'], ['organization_id', 'id'], {
  name: 'accounts_account_group_fkey',
})
@Index('accounts_created_at_idx', ['organization_id', 'created_at', 'id'])
@Index('accounts_account_group_idx', ['organization_id', 'account_group_id', 'created_at', 'id'])
@Unique('accounts_status_key', ['organization_id', 'id', 'status'])
@Check('accounts_name_check', 'char_length(name) BETWEEN 1 AND 255')
@Check('accounts_status_check', "status IN ('active', 'disabled')")
export class Account {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'accounts_pkey' })
  organization_id!: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'accounts_pkey' })
  id!: string;

  @Column('text')
  name!: string;

  @Column('uuid', { nullable: true })
  account_group_id!: string | null;

  @Column('text', { default: 'active' })
  status!: AccountStatus;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at!: Date;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  updated_at!: Date;
}

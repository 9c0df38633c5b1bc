import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** A set of accounts. `parent_code` is the id of the group that it is nested in. */
@Entity('account_groups')
@ForeignKey('organizations', ['organization_id'], ['id'], { name: 'account_groups_organization_fkey' })
@ForeignKey(() => AccountGroup, ['organization_id', 'parent_code'], ['organization_id', 'id'], {
  name: 'account_groups_parent_fkey',
})
@Index('account_groups_parent_idx', ['organization_id', 'parent_code'])
@Index('account_groups_created_at_idx', ['organization_id', 'created_at', 'id'])
@Index('account_groups_merchant_idx', ['organization_id', 'merchant_id', 'created_at', 'id'])
@Check('account_groups_name_check', 'char_length(name) BETWEEN 1 AND 255')
@Check('account_groups_merchant_id_check', 'char_length(merchant_id) BETWEEN 1 AND 255')
@Check('account_groups_cycle_check', 'parent_code <> id')
export class AccountGroup {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'account_groups_pkey' })
  organization_id!: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'account_groups_pkey' })
  id!: string;

  @Column('text')
  name!: string;

  /** Identifier of the group at the merchant; not unique. */
  @Column('text')
  merchant_id!: string;

  @Column('uuid', { nullable: true })
  parent_code!: string | null;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at!: Date;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  updated_at!: Date;
}

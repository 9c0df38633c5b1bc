import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

export type RoleType = 'account' | 'organization';

/** A named set of permission ids, one for production and one for the sandbox. */
@Entity('roles')
@ForeignKey('organizations', ['organization_id'], ['id'], { name: 'roles_organization_fkey' })
@Unique('roles_assignable_key', ['organization_id', 'id', 'assignable'])
@Index('roles_name_key', { synchronize: false }) // unique on (organization_id, lower(name)), in the migration
@Check('roles_id_check', "id ~ '^rol_[0-9A-Za-z]{12}$'")
@Check('roles_name_check', 'char_length(name) BETWEEN 1 AND 255')
@Check('roles_description_check', 'char_length(description) <= 1024')
@Check('roles_role_type_check', "role_type IN ('account', 'organization')")
@Check('roles_assignable_check', 'assignable = (NOT admin AND NOT staff)')
export class Role {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'roles_pkey' })
  organization_id!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'roles_pkey' })
  id!: string;

  @Column('text')
  name!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  @Column('boolean', { default: false })
  admin!: boolean;

  @Column('boolean', { default: false })
  staff!: boolean;

  /** Whether the role can be assigned to users; part of the foreign keys of the permission tables. */
  @Column('boolean', { default: true })
  assignable!: boolean;

  /** One of the six default roles of every organization, which cannot be changed. */
  @Column('boolean', { default: false })
  is_default!: boolean;

  /** A role of type `organization` applies to every account, wherever it is assigned. Cannot be changed. */
  @Column('text', { default: 'account' })
  role_type!: RoleType;

  @Column('text', { array: true, default: () => "'{}'" })
  permission_ids!: string[];

  @Column('text', { array: true, default: () => "'{}'" })
  testing_permission_ids!: string[];

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at!: Date;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  updated_at!: Date;
}

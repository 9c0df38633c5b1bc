import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** The tenant; every row of the other tables belongs to exactly one. */
@Entity('organizations')
@Check('organizations_name_check', 'char_length(name) BETWEEN 1 AND 255')
export class Organization {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'organizations_pkey' })
  id!: string;

  @Column('text')
  name!: string;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at!: Date;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  updated_at!: Date;
}

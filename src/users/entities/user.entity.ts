import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

const KEPT_BY_DATABASE = { insert: false, update: false, select: false } as const;

/** A person, kept in this database only. */
@Entity('users')
@ForeignKey('organizations', ['organization_id'], ['id'], { name: 'users_organization_fkey' })
@Index('users_email_key', ['organization_id', 'email_lower'], { unique: true })
@Index('users_created_at_idx', ['organization_id', 'created_at', 'id'])
@Index('users_last_name_idx', ['organization_id', 'last_name_lower', 'id'])
@Index('users_search_idx', { synchronize: false }) // trigrams, where the database has them
@Check('users_email_check', 'char_length(email) BETWEEN 3 AND 254')
@Check('users_first_name_check', 'char_length(first_name) BETWEEN 1 AND 255')
@Check('users_last_name_check', 'char_length(last_name) BETWEEN 1 AND 255')
export class User {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'users_pkey' })
  organization_id!: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'users_pkey' })
  id!: string;

  /** As the caller wrote it; unique in the organization without case. */
  @Column('text')
  email!: string;

  /** For comparing and sorting; the database keeps it. */
  @Column('text', KEPT_BY_DATABASE)
  email_lower!: string;

  @Column('text')
  first_name!: string;

  @Column('text')
  last_name!: string;

  @Column('text', KEPT_BY_DATABASE)
  last_name_lower!: string;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  created_at!: Date;

  @Column({ type: 'timestamptz', precision: 3, default: () => 'now()' })
  updated_at!: Date;
}

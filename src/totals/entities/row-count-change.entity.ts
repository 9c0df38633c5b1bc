import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Rows that one statement added or removed, and that are not in the count yet. Triggers write it. */
@Entity('row_count_changes')
export class RowCountChange {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'row_count_changes_pkey' })
  organization_id!: string;

  /** A table's name. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'row_count_changes_pkey' })
  counted!: string;

  @PrimaryColumn({
    type: 'bigint',
    generated: 'identity',
    generatedIdentity: 'ALWAYS',
    primaryKeyConstraintName: 'row_count_changes_pkey',
  })
  id!: string;

  @Column('bigint')
  delta!: string;
}

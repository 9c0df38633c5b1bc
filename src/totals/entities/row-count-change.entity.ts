import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A row that was added or removed, and is not in the count yet. Triggers write it. */
@Entity('row_count_changes')
export class RowCountChange {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'row_count_changes_pkey' })
  organization_id!: string;

  /** A table's name. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'row_count_changes_pkey' })
  counted!: string;

  @PrimaryColumn({
    type: 'uuid',
    generated: 'uuid', // by the column's default, gen_random_uuid()
    primaryKeyConstraintName: 'row_count_changes_pkey',
  })
  id!: string;

  @Column('bigint')
  delta!: string;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A change of a row count that is not aggregated yet; inserted by triggers. */
@Entity('row_count_changes')
export class RowCountChange {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'row_count_changes_pkey' })
  organization_id!: string;

  /** Name of the table. */
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

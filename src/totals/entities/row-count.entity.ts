import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Number of an organization's rows in a table, as of the last aggregation. */
@Entity('row_counts')
export class RowCount {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'row_counts_pkey' })
  organization_id!: string;

  /** Name of the table. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'row_counts_pkey' })
  counted!: string;

  @Column('bigint')
  count!: string;
}

import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How many rows of one kind an organization had when the changes were last added up. */
@Entity('row_counts')
export class RowCount {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'row_counts_pkey' })
  organization_id!: string;

  /** A table's name. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'row_counts_pkey' })
  counted!: string;

  @Column('bigint')
  count!: string;
}

import { Check, Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';

/** Encrypts a user's personal data in audit events. Kept when the user is deleted, until the data is erased. */
@Entity('user_data_keys')
@ForeignKey('organizations', ['organization_id'], ['id'], { name: 'user_data_keys_organization_fkey' })
@Check('user_data_keys_length_check', 'length(data_key) = 32')
export class UserDataKey {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'user_data_keys_pkey' })
  organization_id!: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'user_data_keys_pkey' })
  user_id!: string;

  @Column('bytea')
  data_key!: Buffer;
}

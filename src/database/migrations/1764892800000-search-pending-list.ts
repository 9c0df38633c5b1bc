import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * New users wait in a list of the index until there are enough to be sorted in together. To sort in each by
 * itself was a third of what creating a user cost PostgreSQL. A search reads the list through; it is short.
 */
const PENDING_LIST = 'fastupdate = on, gin_pending_list_limit = 512'; // kB: some hundreds of users

/** Where the database has the extensions that the index needs. */
export class SearchPendingList1764892800000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER INDEX IF EXISTS users_search_idx SET (${PENDING_LIST})`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER INDEX IF EXISTS users_search_idx RESET (gin_pending_list_limit);
      ALTER INDEX IF EXISTS users_search_idx SET (fastupdate = off)`);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * New users are appended to the pending list of the GIN index, and merged together: to merge each one by itself is a
 * large part of the cost of creating a user. Every search reads the pending list, so that it is kept short.
 */
const PENDING_LIST = 'fastupdate = on, gin_pending_list_limit = 512'; // in kB; some hundreds of users

/** The index exists only in databases with the extensions that it needs. */
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

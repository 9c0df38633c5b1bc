import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Gives the index by action a predicate that only lists by action repeat, so that PostgreSQL cannot use it for a list
 * by API key. Of two indexes that it expects to return one row, it takes the one of the lower B-tree: at some table
 * sizes that was the index by action, and the list of one key read all events of the organization.
 */
export class AuditActionIndexPredicate1765411200000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await replaceIndex(queryRunner, "action <> ''");
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await replaceIndex(queryRunner, 'action IS NOT NULL');
  }
}

async function replaceIndex(queryRunner: QueryRunner, predicate: string): Promise<void> {
  await queryRunner.query('DROP INDEX audit_events_action_idx');
  await queryRunner.query(
    `CREATE INDEX audit_events_action_idx ON audit_events (organization_id, action, occurred_at) WHERE ${predicate}`,
  );
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Indexes that find rare events by action or actor.
 *
 * Their condition is true for every row. It keeps PostgreSQL from using them for statements without a condition on the
 * action, such as a lookup by id, for which it would otherwise prefer them as the latest indexes (keys-before-lists).
 * n_distinct = 200 as in organizations-of-any-size: an action that is frequent in most organizations may be rare in one.
 */
export class RareAuditEvents1765324800000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE INDEX audit_events_action_idx ON audit_events (organization_id, action, occurred_at)
        WHERE action IS NOT NULL;
      CREATE INDEX audit_events_actor_idx ON audit_events (organization_id, actor_id, action, occurred_at)
        WHERE action IS NOT NULL`);
    for (const column of ['action', 'actor_id'])
      await queryRunner.query(`ALTER TABLE audit_events ALTER COLUMN ${column} SET (n_distinct = 200)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const column of ['action', 'actor_id'])
      await queryRunner.query(`ALTER TABLE audit_events ALTER COLUMN ${column} RESET (n_distinct)`);
    await queryRunner.query('DROP INDEX audit_events_actor_idx');
    await queryRunner.query('DROP INDEX audit_events_action_idx');
  }
}

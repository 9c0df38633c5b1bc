import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Few events by what was done, or by whom, are found among millions.
 *
 * The condition of the indexes is true of all rows. It keeps PostgreSQL from using them where it is not said which
 * action is meant: of indexes that look equally good it takes the youngest, and would look up single events by these
 * (keys-before-lists). It expects as many events of an action or an actor as it does of an organization
 * (organizations-of-any-size): what is frequent in most of them may be rare in one.
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

import type { EntityManager } from 'typeorm';
import { takeTime } from '../database/take-time.js';

const FORGET = `
  UPDATE idempotency_records
  SET body = (body::jsonb || '{"email": "", "first_name": "", "last_name": ""}')::json
  WHERE organization_id = $1 AND body ->> 'id' = $2`;

/** The answers kept for idempotency keys no longer tell who the user was; the texts in them are empty. */
export async function forgetPerson(
  manager: EntityManager,
  organizationId: string,
  userId: string,
): Promise<void> {
  await takeTime(manager);
  await manager.query(FORGET, [organizationId, userId]);
}

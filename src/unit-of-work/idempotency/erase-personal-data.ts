import type { EntityManager } from 'typeorm';
import { extendStatementTimeout } from '../../database/statement-timeout.js';

const ERASE = `
  UPDATE idempotency_records
  SET body = (body::jsonb || '{"email": "", "first_name": "", "last_name": ""}')::json
  WHERE organization_id = $1 AND body ->> 'id' = $2`;

/** Empties the personal data of the user in the responses that are stored for idempotency keys. */
export async function erasePersonalDataOfRecords(
  manager: EntityManager,
  organizationId: string,
  userId: string,
): Promise<void> {
  await extendStatementTimeout(manager);
  await manager.query(ERASE, [organizationId, userId]);
}

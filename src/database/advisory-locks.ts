import type { EntityManager } from 'typeorm';

/** Keys of all advisory locks of the service. */
export const ADVISORY_LOCKS = {
  /** Held in shared mode by every process that uses the embedded server. A process that gets it exclusively stops the server. */
  embeddedServerLease: 7_352_001,
  migrations: 7_352_002,
  serviceRole: 7_352_003,
  sealing: 7_352_004,
  rowCounts: 7_352_005,
  recount: 7_352_006,
} as const;

/** Takes the lock until the end of the transaction. @returns false when another session holds it */
export async function tryLock(manager: EntityManager, lock: keyof typeof ADVISORY_LOCKS): Promise<boolean> {
  const [row] = await manager.query<{ locked: boolean }[]>('SELECT pg_try_advisory_xact_lock($1) AS locked', [
    ADVISORY_LOCKS[lock],
  ]);
  return row?.locked === true;
}

import type pg from 'pg';
import type { ConnectionTurns } from '../limits/connection-turns.js';
import { isOfStatement } from './database-problems.js';
import type { DecisiveClient } from './decisive-client.js';
import type { NamedStatement } from './named-statement.js';
import { openingOf, openingOfGroup, type Opening } from './openings.js';
import type { Run } from './tenant-query.js';

/** Values in one message, at most: one change that is larger than that goes by itself. */
const MOST_VALUES = 1000;

interface Write extends Run {
  resolve(rows: unknown[] | Promise<unknown[]>): void;
  reject(error: unknown): void;
}

/**
 * Changes of one organization that come while another is being written wait for each other, and are written together
 * after it: one message, one transaction, one flush of PostgreSQL's log in place of many. Nobody waits for a change
 * to come, and nobody pays for another's: what cannot be done together is done one by one.
 */
export class GroupCommit {
  /** By organization, from the first change to the moment when none waits. */
  private readonly waiting = new Map<string, Write[]>();

  constructor(
    private readonly pool: pg.Pool,
    private readonly turns: ConnectionTurns,
  ) {}

  /** @returns the statement's rows, once they are kept */
  run<Row>(organizationId: string, statement: NamedStatement, values: readonly unknown[]): Promise<Row[]> {
    return new Promise<unknown[]>((resolve, reject) => {
      const write = { statement, values, resolve, reject };
      const waiting = this.waiting.get(organizationId);
      if (waiting !== undefined) {
        waiting.push(write);
        return;
      }
      const first = [write];
      this.waiting.set(organizationId, first);
      setImmediate(() => void this.writeAll(organizationId, first)); // with what comes in this turn of the event loop
    }) as Promise<Row[]>;
  }

  private async writeAll(organizationId: string, waiting: Write[]): Promise<void> {
    while (waiting.length > 0) await this.write(organizationId, nextOf(waiting));
    this.waiting.delete(organizationId);
  }

  /** Of what failed together nothing was done, unless the connection was lost: then nobody knows. */
  private async write(organizationId: string, group: readonly Write[]): Promise<void> {
    try {
      const rows = await this.send(openingOfGroup(organizationId), organizationId, group);
      for (const [n, write] of group.entries()) write.resolve(rows[n] ?? []);
    } catch (error) {
      const mayGoWellAlone = isOfStatement(error) && (group.length > 1 || isWaitForLock(error));
      for (const write of group) {
        if (mayGoWellAlone) write.resolve(this.alone(organizationId, write));
        else write.reject(error);
      }
    }
  }

  private async alone(organizationId: string, write: Write): Promise<unknown[]> {
    const [rows] = await this.send(openingOf('direct', organizationId), organizationId, [write]);
    return rows ?? [];
  }

  private send(opening: Opening, organizationId: string, runs: readonly Run[]): Promise<unknown[][]> {
    return this.turns.inTurn(organizationId, async () => {
      const client = (await this.pool.connect()) as pg.PoolClient & DecisiveClient;
      let isLost = false;
      try {
        return await client.runAllAfter(opening, runs);
      } catch (error) {
        isLost = !isOfStatement(error);
        throw error;
      } finally {
        client.release(isLost);
      }
    });
  }
}

/** The group is not to wait for what others are changing; each of its changes may. */
function isWaitForLock(error: unknown): boolean {
  return (error as pg.DatabaseError).code === '55P03';
}

/** Takes as many from the front as go together. */
function nextOf(waiting: Write[]): Write[] {
  let values = 0;
  const tooMany = waiting.findIndex((write, n) => {
    values += write.values.length;
    return n > 0 && values > MOST_VALUES;
  });
  return waiting.splice(0, tooMany === -1 ? waiting.length : tooMany);
}

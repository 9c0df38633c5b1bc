import type pg from 'pg';
import type { ConnectionTurns } from '../limits/connection-turns.js';
import { isOfStatement } from './database-problems.js';
import type { DecisiveClient } from './decisive-client.js';
import type { Run, Writing } from './named-statement.js';
import { openingOf, openingOfGroup, type Opening } from './openings.js';

/** Rows that are written together, at most: a thing that has more goes by itself. */
const MOST_ROWS = 100;

interface Write {
  writing: Writing<unknown>;
  thing: unknown;
  resolve(row: unknown): void;
  reject(error: unknown): void;
}

/**
 * Changes of one organization that come while another is being written wait for each other, and are written together
 * after it: one statement, one transaction, one flush of PostgreSQL's log in place of many. Nobody waits for a change
 * to come, and nobody pays for another's: what cannot be done together is done one by one.
 */
export class GroupCommit {
  /** By organization, from the first change to the moment when none waits. */
  private readonly waiting = new Map<string, Write[]>();

  constructor(
    private readonly pool: pg.Pool,
    private readonly turns: ConnectionTurns,
  ) {}

  /** @returns the row that the statement answers for the thing, once it is kept */
  write<Row, Thing>(organizationId: string, writing: Writing<Thing>, thing: Thing): Promise<Row | undefined> {
    return new Promise<unknown>((resolve, reject) => {
      const write: Write = { writing: writing, thing, resolve, reject };
      const waiting = this.waiting.get(organizationId);
      if (waiting !== undefined) {
        waiting.push(write);
        return;
      }
      const first = [write];
      this.waiting.set(organizationId, first);
      setImmediate(() => void this.writeAll(organizationId, first)); // with what comes in this turn of the event loop
    }) as Promise<Row | undefined>;
  }

  private async writeAll(organizationId: string, waiting: Write[]): Promise<void> {
    while (waiting.length > 0) await this.writeGroup(organizationId, nextOf(waiting));
    this.waiting.delete(organizationId);
  }

  /** Of what failed together nothing was done, unless the connection was lost: then nobody knows. */
  private async writeGroup(organizationId: string, group: readonly Write[]): Promise<void> {
    try {
      const rows = await this.send(
        organizationId,
        openingOfGroup(organizationId),
        runOf(organizationId, group),
      );
      for (const [n, write] of group.entries()) write.resolve(rows[n]);
    } catch (error) {
      const mayGoWellAlone = isOfStatement(error) && (group.length > 1 || isWaitForLock(error));
      for (const write of group) {
        if (mayGoWellAlone) write.resolve(this.alone(organizationId, write));
        else write.reject(error);
      }
    }
  }

  private async alone(organizationId: string, { writing, thing }: Write): Promise<unknown> {
    const run = writing.one(organizationId, thing);
    const [row] = await this.send(organizationId, openingOf('direct', organizationId), run);
    return row;
  }

  private send(organizationId: string, opening: Opening, { statement, values }: Run): Promise<unknown[]> {
    return this.turns.inTurn(organizationId, async () => {
      const client = (await this.pool.connect()) as pg.PoolClient & DecisiveClient;
      let isLost = false;
      try {
        return await client.runAfter(opening, statement, values);
      } catch (error) {
        isLost = !isOfStatement(error);
        throw error;
      } finally {
        client.release(isLost);
      }
    });
  }
}

function runOf(organizationId: string, group: readonly Write[]): Run {
  const [first] = group;
  if (first === undefined) throw new Error('there is nothing to write');
  return group.length === 1
    ? first.writing.one(organizationId, first.thing)
    : first.writing.several(
        organizationId,
        group.map(({ thing }) => thing),
      );
}

/** The group is not to wait for what others are changing; each of its changes may. */
function isWaitForLock(error: unknown): boolean {
  return (error as pg.DatabaseError).code === '55P03';
}

/** Takes as many from the front as go together. */
function nextOf(waiting: Write[]): Write[] {
  let rows = 0;
  const tooMany = waiting.findIndex(({ writing, thing }, n) => {
    rows += writing.sizeOf(thing);
    return n > 0 && (rows > MOST_ROWS || writing !== waiting[0]?.writing);
  });
  return waiting.splice(0, tooMany === -1 ? waiting.length : tooMany);
}

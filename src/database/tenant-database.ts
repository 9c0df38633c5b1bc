import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type pg from 'pg';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import type { Environment } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { ConnectionTurns } from '../limits/connection-turns.js';
import { DecisiveClient } from './decisive-client.js';
import { problemOfDatabaseError } from './database-problems.js';
import { GroupCommit } from './group-commit.js';
import type { ReadingStatement, Run, Writing } from './named-statement.js';
import { beginning, openingOf } from './openings.js';
import { ReadLines } from './read-lines.js';
import { Replicas } from './replicas/replicas.js';

type Mode = Environment['DATABASE_MODE'];
type Work<T> = (manager: EntityManager) => Promise<T>;

/**
 * The only way to a tenant's rows: transactions that say which organization they are about. Row-level
 * security shows them that organization's rows, and no others, whatever the statements say.
 */
@Injectable()
export class TenantDatabase implements OnApplicationShutdown {
  private readonly mode: Mode;
  private readonly lines = new Map<DataSource, ReadLines>();
  private groupCommit: GroupCommit | undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly replicas: Replicas,
    private readonly turns: ConnectionTurns,
    { environment }: Settings,
  ) {
    this.mode = environment.DATABASE_MODE;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.lines.values()].map((lines) => lines.end()));
  }

  /** One statement that only reads, in a transaction of its own: one round trip. */
  run<Row>(organizationId: string, statement: ReadingStatement, values: unknown[]): Promise<Row[]> {
    return this.single(this.dataSource, organizationId, statement, values);
  }

  /** Writes one thing, in one round trip; together with others of the organization that are written at the same moment. */
  async write<Row, Thing>(
    organizationId: string,
    writing: Writing<Thing>,
    thing: Thing,
  ): Promise<Row | undefined> {
    const { mode } = this;
    if (mode === 'direct') return this.groups().write<Row, Thing>(organizationId, writing, thing);
    const [row] = await this.alone<Row>(
      mode,
      this.dataSource,
      organizationId,
      writing.one(organizationId, thing),
    );
    return row;
  }

  /**
   * The same as `run` by a replica, where one has all that the organization has written, as far as this process knows.
   * Not for what a change or a refusal rests on: other processes' changes may be missing.
   */
  runAnywhere<Row>(organizationId: string, statement: ReadingStatement, values: unknown[]): Promise<Row[]> {
    return this.anywhere(organizationId, (dataSource) =>
      this.single(dataSource, organizationId, statement, values),
    );
  }

  /** One moment's view is not promised: each statement sees what is committed when it begins. */
  read<T>(organizationId: string, work: Work<T>): Promise<T> {
    return this.reading(this.dataSource, organizationId, work);
  }

  /** The same by a replica, as runAnywhere. @param work is done again by the primary when the replica fails */
  readAnywhere<T>(organizationId: string, work: Work<T>): Promise<T> {
    return this.anywhere(organizationId, (dataSource) => this.reading(dataSource, organizationId, work));
  }

  /** All of the work's changes or none. */
  change<T>(organizationId: string, work: Work<T>): Promise<T> {
    return this.transaction('', forOrganization(organizationId), work);
  }

  /** A change that sees the database as it was at its first statement, and is ended where that is not possible. */
  changeOnSnapshot<T>(organizationId: string, work: Work<T>): Promise<T> {
    return this.transaction('ISOLATION LEVEL REPEATABLE READ', forOrganization(organizationId), work);
  }

  /** For jobs that look after all organizations: shows the tables that have something for them to do. */
  everywhere<T>(work: Work<T>): Promise<T> {
    return this.transaction('', `SET LOCAL tenantry.every_organization = 'on'`, work);
  }

  /** Shows the one API key, before anybody knows whose it is. @param publicKey well formed */
  readApiKey<T>(publicKey: string, work: Work<T>): Promise<T> {
    if (!/^\w+$/.test(publicKey)) throw new Error('this is no public key');
    return this.transaction('READ ONLY', `SET LOCAL tenantry.public_key = '${publicKey}'`, work);
  }

  private async anywhere<T>(
    organizationId: string,
    work: (dataSource: DataSource) => Promise<T>,
  ): Promise<T> {
    const replica = this.replicas.upToDateFor(organizationId);
    if (replica === undefined) return work(this.dataSource);
    try {
      return await work(replica.dataSource);
    } catch (error) {
      if (problemOfDatabaseError(error)?.code !== 'SERVICE_UNAVAILABLE') throw error;
      replica.putAside(error);
      return work(this.dataSource);
    }
  }

  private single<Row>(
    dataSource: DataSource,
    organizationId: string,
    statement: ReadingStatement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    const { mode } = this;
    if (mode !== 'direct') return this.alone(mode, dataSource, organizationId, { statement, values });
    return this.linesOf(dataSource).run<Row>(openingOf(mode, organizationId), statement, values);
  }

  private async alone<Row>(
    mode: Exclude<Mode, 'direct'>,
    dataSource: DataSource,
    organizationId: string,
    { statement, values }: Run,
  ): Promise<Row[]> {
    if (mode === 'sharded')
      return this.change(organizationId, (manager) => manager.query(statement.text, [...values]));
    const client = (await poolOf(dataSource).connect()) as pg.PoolClient & DecisiveClient;
    try {
      const unkept = { ...statement, name: '' }; // what has a name is not found on the pooler's next connection
      return await client.runAfter<Row>(openingOf(mode, organizationId), unkept, values);
    } finally {
      client.release();
    }
  }

  private groups(): GroupCommit {
    this.groupCommit ??= new GroupCommit(poolOf(this.dataSource), this.turns);
    return this.groupCommit;
  }

  private linesOf(dataSource: DataSource): ReadLines {
    const known = this.lines.get(dataSource);
    if (known !== undefined) return known;
    const lines = new ReadLines(poolOf(dataSource).options);
    this.lines.set(dataSource, lines);
    return lines;
  }

  private reading<T>(dataSource: DataSource, organizationId: string, work: Work<T>): Promise<T> {
    return this.transaction('READ ONLY', forOrganization(organizationId), work, dataSource);
  }

  private async transaction<T>(
    kind: string,
    setting: string,
    work: Work<T>,
    dataSource = this.dataSource,
  ): Promise<T> {
    const runner = dataSource.createQueryRunner() as Transactional;
    try {
      for (const message of beginning(this.mode, kind, setting)) await runner.query(message);
      runner.isTransactionActive = true;
      const result = await work(runner.manager);
      await runner.query('COMMIT');
      return result;
    } catch (error) {
      await runner.query('ROLLBACK').catch(() => undefined); // where the connection is lost, so is the transaction
      throw error;
    } finally {
      runner.isTransactionActive = false;
      await runner.release();
    }
  }
}

function poolOf(dataSource: DataSource): pg.Pool {
  const { master } = dataSource.driver as unknown as { master?: pg.Pool };
  if (master === undefined) throw new Error('Driver not Connected'); // in the words of TypeORM
  return master;
}

/** TypeORM opens transactions of its own inside one that it did not begin, unless it is told. */
type Transactional = Omit<QueryRunner, 'isTransactionActive'> & { isTransactionActive: boolean };

const UUID = /^[0-9a-f-]{36}$/;

/** SET takes no parameters; what is put in here comes from the database or from a validated path. */
function forOrganization(organizationId: string): string {
  if (!UUID.test(organizationId)) throw new Error('an organization is named by a UUID');
  return `SET LOCAL tenantry.organization_id = '${organizationId}'`;
}

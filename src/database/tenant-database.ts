import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type pg from 'pg';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import type { Environment } from '../config/environment.js';
import { Settings } from '../config/settings.js';
import { DecisiveClient } from './decisive-client.js';
import type { NamedStatement } from './named-statement.js';
import { beginning, openingOf } from './openings.js';

type Work<T> = (manager: EntityManager) => Promise<T>;

/**
 * The only way to a tenant's rows: transactions that say which organization they are about. Row-level
 * security shows them that organization's rows, and no others, whatever the statements say.
 */
@Injectable()
export class TenantDatabase {
  private readonly mode: Environment['DATABASE_MODE'];

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    { environment }: Settings,
  ) {
    this.mode = environment.DATABASE_MODE;
  }

  /** One statement that answers rows, in a transaction of its own, changing something or not: one round trip. */
  async run<Row>(organizationId: string, statement: NamedStatement, values: unknown[]): Promise<Row[]> {
    const { mode } = this;
    if (mode === 'sharded')
      return this.change(organizationId, (manager) => manager.query(statement.text, values));
    const client = (await this.pool().connect()) as pg.PoolClient & DecisiveClient;
    try {
      return await client.runAfter<Row>(openingOf(mode, organizationId), this.kept(statement), values);
    } finally {
      client.release();
    }
  }

  /** One moment's view is not promised: each statement sees what is committed when it begins. */
  read<T>(organizationId: string, work: Work<T>): Promise<T> {
    return this.transaction('READ ONLY', forOrganization(organizationId), work);
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

  /** What is prepared under a name is not found on the pooler's next connection. */
  private kept(statement: NamedStatement): NamedStatement {
    return this.mode === 'pooled' ? { ...statement, name: '' } : statement;
  }

  private pool(): pg.Pool {
    const { master } = this.dataSource.driver as unknown as { master?: pg.Pool };
    if (master === undefined) throw new Error('Driver not Connected'); // in the words of TypeORM
    return master;
  }

  private async transaction<T>(kind: string, setting: string, work: Work<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner() as Transactional;
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

/** TypeORM opens transactions of its own inside one that it did not begin, unless it is told. */
type Transactional = Omit<QueryRunner, 'isTransactionActive'> & { isTransactionActive: boolean };

const UUID = /^[0-9a-f-]{36}$/;

/** SET takes no parameters; what is put in here comes from the database or from a validated path. */
function forOrganization(organizationId: string): string {
  if (!UUID.test(organizationId)) throw new Error('an organization is named by a UUID');
  return `SET LOCAL tenantry.organization_id = '${organizationId}'`;
}

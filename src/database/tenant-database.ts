import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { QueryConfig } from 'pg';
import { DataSource } from 'typeorm';
import { Settings } from '../config/settings.js';
import type { BatchableInsert } from './batchable-insert.js';
import { isUnavailable } from './database-errors.js';
import type { DatabaseServer, Work } from './database-server.js';
import { createDatabaseServer } from './create-database-server.js';
import { API_KEY_LOOKUP, BACKGROUND } from './postgres/fair-semaphore.js';
import { Replicas } from './replicas/replicas.js';

interface ReplicaOption {
  /** Allows a replica. Not for reads that a change or a refusal depends on: it may lack writes of other processes. */
  replica?: boolean;
}

interface BackgroundOption {
  /** Takes a permit of background jobs, not of the organization's fair share: for jobs that no request waits for. */
  background?: boolean;
}

export interface QueryOptions extends ReplicaOption {
  /** Keeps one connection free for short statements. */
  longRunning?: boolean;
}

export interface TransactionOptions extends BackgroundOption {
  isolation?: 'REPEATABLE READ';
}

/**
 * The only access to tenant tables. Every transaction sets its organization, and row-level security limits it to the
 * rows of that organization.
 */
@Injectable()
export class TenantDatabase implements OnApplicationShutdown {
  private readonly primary: DatabaseServer;

  constructor(
    @InjectDataSource() dataSource: DataSource,
    private readonly replicas: Replicas,
    { environment }: Settings,
  ) {
    this.primary = createDatabaseServer(dataSource, environment);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.primary.close();
  }

  /** Runs one read-only statement in a transaction of its own. */
  query<Row>(
    organizationId: string,
    statement: QueryConfig,
    { replica = false, longRunning = false }: QueryOptions = {},
  ): Promise<Row[]> {
    return this.onServer(organizationId, replica, (server) =>
      server.query<Row>(organizationId, statement, longRunning),
    );
  }

  /** Inserts one item in a transaction of its own. @returns the row that the statement returns for it */
  insert<Row, Item>(
    organizationId: string,
    insert: BatchableInsert<Item>,
    item: Item,
  ): Promise<Row | undefined> {
    return this.primary.insert<Row, Item>(organizationId, insert, item);
  }

  /**
   * Runs a read-only transaction with isolation READ COMMITTED.
   * @param work runs again on the primary when a replica fails
   */
  read<T>(
    organizationId: string,
    work: Work<T>,
    { replica = false, background = false }: ReplicaOption & BackgroundOption = {},
  ): Promise<T> {
    return this.onServer(organizationId, replica, (server) =>
      server.transactionOf(organizationId, 'READ ONLY', work, background),
    );
  }

  /** Runs a read-write transaction on the primary, which is rolled back when the work throws. */
  transaction<T>(
    organizationId: string,
    work: Work<T>,
    { isolation, background = false }: TransactionOptions = {},
  ): Promise<T> {
    const kind = isolation === undefined ? '' : `ISOLATION LEVEL ${isolation}`;
    return this.primary.transactionOf(organizationId, kind, work, background);
  }

  /** Runs a transaction that sees the rows of all organizations, in the tables whose policy allows it to background jobs. */
  acrossTenants<T>(work: Work<T>): Promise<T> {
    return this.primary.transaction(BACKGROUND, '', `SET LOCAL tenantry.every_organization = 'on'`, work);
  }

  /**
   * Runs a read-only transaction that sees one API key, before its organization is known.
   * @throws Error for a public key with characters other than letters, digits and _
   */
  readApiKey<T>(publicKey: string, work: Work<T>): Promise<T> {
    if (!/^\w+$/.test(publicKey)) throw new Error('A public key must consist of letters, digits and _');
    const setting = `SET LOCAL tenantry.public_key = '${publicKey}'`;
    return this.primary.transaction(API_KEY_LOOKUP, 'READ ONLY', setting, work);
  }

  private async onServer<T>(
    organizationId: string,
    mayUseReplica: boolean,
    work: (server: DatabaseServer) => Promise<T>,
  ): Promise<T> {
    const replica = mayUseReplica ? this.replicas.findUpToDate(organizationId) : undefined;
    if (replica === undefined) return work(this.primary);
    try {
      return await work(replica.server);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      replica.markUnavailable(error);
      return work(this.primary);
    }
  }
}

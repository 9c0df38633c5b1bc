import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { QueryConfig } from 'pg';
import { DataSource } from 'typeorm';
import { Settings } from '../config/settings.js';
import type { BatchableInsert } from './batchable-insert.js';
import { isUnavailable } from './database-errors.js';
import type { DatabaseServer, Work } from './database-server.js';
import { serverOf } from './open-server.js';
import { setOrganization } from './postgres/session-settings.js';
import { Replicas } from './replicas/replicas.js';

interface ReplicaOption {
  /**
   * Lets a replica answer that has everything the organization is known to have written. Not for reads that a change
   * or a refusal depends on: changes made by other processes may be missing.
   */
  replica?: boolean;
}

interface BackgroundOption {
  /** Takes a connection of the pool without counting it for the organization, for jobs that no request waits for. */
  background?: boolean;
}

export interface QueryOptions extends ReplicaOption {
  /** The statement may take long, so that it leaves a connection to short ones. */
  longRunning?: boolean;
}

export type ReadOptions = ReplicaOption & BackgroundOption;

export interface TransactionOptions extends BackgroundOption {
  isolation?: 'REPEATABLE READ';
}

/**
 * The only way to the rows of a tenant. Every transaction names its organization, and row-level security shows it the
 * rows of that organization only, whatever its statements say.
 */
@Injectable()
export class TenantDatabase implements OnApplicationShutdown {
  private readonly primary: DatabaseServer;

  constructor(
    @InjectDataSource() dataSource: DataSource,
    private readonly replicas: Replicas,
    { environment }: Settings,
  ) {
    this.primary = serverOf(dataSource, environment);
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
   * Runs a read-only transaction; each statement sees what is committed when it begins.
   * @param work repeated on the primary when a replica fails
   */
  read<T>(
    organizationId: string,
    work: Work<T>,
    { replica = false, background = false }: ReadOptions = {},
  ): Promise<T> {
    return this.onServer(organizationId, replica, (server) =>
      background
        ? server.transaction('READ ONLY', setOrganization(organizationId), work)
        : server.transactionOf(organizationId, 'READ ONLY', work),
    );
  }

  /** Commits what the work has changed, or rolls it back when the work throws. */
  transaction<T>(
    organizationId: string,
    work: Work<T>,
    { isolation, background = false }: TransactionOptions = {},
  ): Promise<T> {
    const kind = isolation === undefined ? '' : `ISOLATION LEVEL ${isolation}`;
    return background
      ? this.primary.transaction(kind, setOrganization(organizationId), work)
      : this.primary.transactionOf(organizationId, kind, work);
  }

  /** Runs a transaction that sees the rows of all organizations in the tables that background jobs process. */
  acrossTenants<T>(work: Work<T>): Promise<T> {
    return this.primary.transaction('', `SET LOCAL tenantry.every_organization = 'on'`, work);
  }

  /** Runs a read-only transaction that sees one API key, before its organization is known. @param publicKey well formed */
  readApiKey<T>(publicKey: string, work: Work<T>): Promise<T> {
    if (!/^\w+$/.test(publicKey)) throw new Error('A public key must consist of letters, digits and _');
    return this.primary.transaction('READ ONLY', `SET LOCAL tenantry.public_key = '${publicKey}'`, work);
  }

  private async onServer<T>(
    organizationId: string,
    mayUseReplica: boolean,
    work: (server: DatabaseServer) => Promise<T>,
  ): Promise<T> {
    const replica = mayUseReplica ? this.replicas.upToDateFor(organizationId) : undefined;
    if (replica === undefined) return work(this.primary);
    try {
      return await work(replica.server);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      replica.putAside(error);
      return work(this.primary);
    }
  }
}

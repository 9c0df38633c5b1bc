import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '../database/tenant-database.js';
import { SigningKeysService } from '../signing/signing-keys.service.js';
import { findOrphanedCheckpoints, readLinks } from './hash-chain.queries.js';

/** Version of the file format, which tools/verify-audit-export.js checks. */
const FORMAT = 'tenantry-audit-export/1';

/** Exports an organization's hash chain in a form that can be verified without the database and this program. */
@Injectable()
export class ChainExportService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly signingKeys: SigningKeysService,
  ) {}

  /** Yields lines of JSON: the header, the public keys, then events and checkpoints in the order of the chain. */
  async *linesOf(organizationId: string): AsyncGenerator<string> {
    yield line({ type: 'export', form: FORMAT, organization_id: organizationId });
    for (const jwk of await this.signingKeys.publicKeys()) yield line({ type: 'public_key', jwk });
    for await (const { sequence, hash, event, event_id, token } of readLinks(this.database, organizationId)) {
      yield line({ type: 'event', sequence, hash: hash.toString('hex'), event_id, event: event ?? null });
      if (token !== null) yield line({ type: 'checkpoint', sequence, token });
    }
    for (const { sequence, token } of await findOrphanedCheckpoints(this.database, organizationId))
      yield line({ type: 'checkpoint', sequence: Number(sequence), token });
  }
}

function line(entry: object): string {
  return `${JSON.stringify(entry)}\n`;
}

import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '../database/tenant-database.js';
import { SigningKeysService } from '../signing/signing-keys.service.js';
import { linksOf, looseCheckpoints } from './chain.queries.js';

/** The form of the file, for tools/verify-audit-export.js. */
const FORM = 'tenantry-audit-export/1';

/** An organization's chain for an outsider, who needs neither the database nor this program to check it. */
@Injectable()
export class ChainExportService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly signingKeys: SigningKeysService,
  ) {}

  /** Lines of JSON: what it is, the public keys, then events and checkpoints in the chain's order. */
  async *linesOf(organizationId: string): AsyncGenerator<string> {
    yield line({ type: 'export', form: FORM, organization_id: organizationId });
    for (const jwk of await this.signingKeys.publicKeys()) yield line({ type: 'public_key', jwk });
    for await (const { sequence, hash, event, event_id, token } of linksOf(this.database, organizationId)) {
      yield line({ type: 'event', sequence, hash: hash.toString('hex'), event_id, event: event ?? null });
      if (token !== null) yield line({ type: 'checkpoint', sequence, token });
    }
    for (const { sequence, token } of await looseCheckpoints(this.database, organizationId))
      yield line({ type: 'checkpoint', sequence: Number(sequence), token });
  }
}

function line(entry: object): string {
  return `${JSON.stringify(entry)}\n`;
}

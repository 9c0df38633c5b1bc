import { Command, CommandRunner, Option, SubCommand } from 'nest-commander';
import { once } from 'node:events';
import { ChainExportService } from '../audit/chain-export.service.js';
import { VerificationService, type Verification } from '../audit/verification.service.js';
import { isUuid } from '../common/validation/field-rules.js';
import { OrganizationsService } from '../organizations/organizations.service.js';
import { CommandGroup } from './command-group.js';
import { withApplication } from './with-application.js';

const ORGANIZATION = { flags: '--organization <id>', description: 'id of the organization' };

@SubCommand({ name: 'verify', description: 'verify that the audit trail was not modified' })
export class AuditVerifyCommand extends CommandRunner {
  async run(_arguments: string[], { organization }: { organization?: string }): Promise<void> {
    let failures = 0;
    await withApplication(async (app) => {
      const verification = app.get(VerificationService);
      if (organization !== undefined) await app.get(OrganizationsService).retrieve(organization);
      const results =
        organization === undefined ? verification.all() : [await verification.organization(organization)];
      for await (const result of results) {
        process.stdout.write(format(result));
        if (result.fault !== undefined) failures += 1;
      }
    });
    if (failures > 0)
      throw new Error(`The audit trail of ${formatCount(failures)} could not be verified; see above.`);
  }

  @Option(ORGANIZATION)
  parseOrganization(id: string): string {
    return parseOrganizationId(id);
  }
}

@SubCommand({ name: 'export', description: 'print the audit trail, for tools/verify-audit-export.js' })
export class AuditExportCommand extends CommandRunner {
  async run(_arguments: string[], { organization }: { organization: string }): Promise<void> {
    await withApplication(async (app) => {
      await app.get(OrganizationsService).retrieve(organization);
      for await (const line of app.get(ChainExportService).linesOf(organization)) {
        if (!process.stdout.write(line)) await once(process.stdout, 'drain');
      }
    });
  }

  @Option({ ...ORGANIZATION, required: true })
  parseOrganization(id: string): string {
    return parseOrganizationId(id);
  }
}

@Command({
  name: 'audit',
  description: 'verify or export the audit trail',
  subCommands: [AuditVerifyCommand, AuditExportCommand],
})
export class AuditCommand extends CommandGroup {}

function parseOrganizationId(id: string): string {
  if (!isUuid(id)) throw new Error('--organization must be the id of an organization, a UUID.');
  return id.toLowerCase();
}

function format({ organization_id, verified, unsealed, checkpoints, fault }: Verification): string {
  const outcome =
    fault === undefined
      ? `${String(verified)} events hold, ${String(unsealed)} are not sealed yet, ${String(checkpoints)} checkpoints hold`
      : `${fault} (${String(verified)} events before it hold)`;
  return `Organization ${organization_id}: ${outcome}.\n`;
}

function formatCount(count: number): string {
  return count === 1 ? 'one organization' : `${String(count)} organizations`;
}

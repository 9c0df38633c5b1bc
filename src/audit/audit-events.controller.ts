import { Controller, Get, Query, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { KeyRevalidation, type RevalidateKey } from '../common/auth/caller.js';
import { CurrentOrganization } from '../common/auth/current-organization.decorator.js';
import { Scope } from '../common/auth/scope.decorator.js';
import { ApiProblems } from '../common/errors/api-problems.decorator.js';
import { Operation } from '../common/http/operation.decorator.js';
import { ApiPage, type Page } from '../common/pagination/page.js';
import { AuditEventsService } from './audit-events.service.js';
import { AuditEventResponse } from './dto/audit-event.response.js';
import { ExportAuditEventsQuery, ListAuditEventsQuery } from './dto/list-audit-events.query.js';

const NDJSON = 'application/x-ndjson';

@ApiTags('Audit trail')
@Controller('organizations/audit-events')
export class AuditEventsController {
  constructor(private readonly events: AuditEventsService) {}

  @Get()
  @Scope('audit:read')
  @Operation(
    'list-audit-events',
    'List Audit Events',
    'Who changed what in your organization, oldest first by default. An event must match all filters. Pages are ' +
      'requested by cursor; there are no totals.',
  )
  @ApiPage(AuditEventResponse, 'The events of this page.')
  list(
    @CurrentOrganization() organizationId: string,
    @Query() query: ListAuditEventsQuery,
  ): Promise<Page<AuditEventResponse>> {
    return this.events.list(organizationId, query);
  }

  @Get('export')
  @Scope('audit:read')
  @Operation(
    'export-audit-events',
    'Export Audit Events',
    'All events that match the filters, one per line, in the JSON format of List Audit Events. If an error occurs ' +
      'during the export, the connection is closed before the response is complete.',
  )
  @ApiOkResponse({ description: 'The events.', content: { [NDJSON]: { schema: { type: 'string' } } } })
  @ApiProblems('VALIDATION_ERROR')
  async export(
    @CurrentOrganization() organizationId: string,
    @Query() query: ExportAuditEventsQuery,
    @KeyRevalidation() revalidateKey: RevalidateKey,
  ): Promise<StreamableFile> {
    return new StreamableFile(await this.events.export(organizationId, query, revalidateKey), {
      type: NDJSON,
      disposition: 'attachment; filename="audit-events.ndjson"',
    });
  }
}

import { Controller, Get, Header, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { Public } from '../common/auth/public.decorator.js';
import { FIELD_CODES, PROBLEMS } from '../common/errors/catalogue.js';

/** The page that the `type` of every error links to. */
@Public()
@ApiExcludeController()
@Controller({ path: 'errors', version: VERSION_NEUTRAL })
export class ErrorsController {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  page(): string {
    const problems = Object.entries(PROBLEMS).map(
      ([code, { status, when }]) =>
        `<tr id="${code}"><td>${String(status)}</td><td><code>${code}</code></td><td>${escapeHtml(when)}</td></tr>`,
    );
    const fields = Object.entries(FIELD_CODES).map(
      ([code, meaning]) =>
        `<tr id="${code}"><td><code>${code}</code></td><td>${escapeHtml(meaning)}</td></tr>`,
    );
    return `<!doctype html><html lang="en"><title>Tenantry: errors</title>
<h1>Errors</h1><table><tr><th>Status</th><th>Code</th><th>When</th></tr>${problems.join('')}</table>
<h2>Field codes</h2><table><tr><th>Code</th><th>Meaning</th></tr>${fields.join('')}</table></html>`;
  }
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

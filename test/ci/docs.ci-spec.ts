import { beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dataFolder } from '../support/temporary.js';
import { ServiceProcess } from '../support/service-process.js';
import { brokenLinks, docsPages, scriptOf, type Page } from './docs-page.js';
import { removeAfterwards } from '../support/leftovers.js';

const START_AND_RUN_TIMEOUT_MS = 180_000;

/** Reports the status of each request on standard error, also of those whose answer goes into a variable. */
const CURLRC = 'write-out = "%{stderr}HTTP %{http_code} %{url_effective}\\n"\n';

const pages = docsPages();
const runnable = pages.filter((page) => scriptOf(page) !== '');

/** What the answers of a page have to show. */
const PROMISES: Record<string, (run: Run, page: Page) => void> = {
  'README.md': ({ answers: [created, found] }) => {
    expect(found).toMatchObject({ data: [created] });
  },
  'docs/guide/users-and-access.md': ({ answers }) => {
    const because = [expect.objectContaining({ role_name: 'Agent', via: 'account_group' })];
    expect(answers).toContainEqual({ results: [{ allowed: true, because }] });
    expect(answers).toContainEqual({
      results: [expect.objectContaining({ allowed: false, would_allow: expect.anything() as object })],
    });
  },
  'docs/guide/api-keys.md': ({ answers }) => {
    expect(answers.at(-1)).toMatchObject({
      data: [{ name: 'Sandbox key' }, { name: 'Billing', revoked_at: expect.any(String) as unknown }],
    });
  },
  'docs/guide/lists.md': ({ answers: [first, byNumber, byCursor] }) => {
    expect(first?.['data']).toHaveLength(2);
    expect(byNumber?.['data']).toHaveLength(1);
    expect(byCursor?.['data']).toEqual(byNumber?.['data']);
  },
  'docs/guide/idempotency-and-dry-runs.md': ({ answers: [plan, renamed, , first, second] }) => {
    const lost = expect.objectContaining({ permission_ids: ['routing:edit'] }) as object;
    expect(plan).toMatchObject({ status: 204, access_changes: [{ lost }] });
    expect(renamed).toMatchObject({ last_name: 'Dahl' });
    expect(first).toMatchObject({ email: 'nils.dahl@example.com' });
    expect(second).toEqual(first);
  },
  'docs/guide/embed-tokens.md': ({ answers: [issued, verified, introspected] }) => {
    expect(issued).toMatchObject({ token_type: 'Bearer' });
    expect(introspected).toMatchObject({
      active: true,
      sub: verified?.['user'],
      org: verified?.['organization'],
    });
  },
  'docs/guide/audit-trail.md': ({ output, answers }) => {
    expect(output).toMatch(/: \d+ events hold, \d+ checkpoints hold\./);
    expect(answers.at(-1)).toMatchObject({
      data: [{ action: 'user.created', erased: true }, { action: 'user.deleted' }],
    });
  },
  'docs/guide/errors.md': ({ answers: [answer] }, { blocks }) => {
    const example = blocks.find(({ language }) => language === 'json')?.lines ?? '';
    expect(answer).toEqual(JSON.parse(example));
  },
  'docs/operations/command-line.md': ({ output, answers: [key] }) => {
    expect(key).toMatchObject({ scopes: ['users:read'] });
    expect(output).toMatch(/^postgres/m);
  },
  'docs/operations/limits.md': ({ output }) => {
    expect(output).toMatch(/^RateLimit-Policy: "key";q=\d+;w=60\r?$/m);
  },
};

describe.each(runnable)('The bash lines of $path, pasted into one shell beside a fresh service', (page) => {
  let run: Run;

  beforeAll(async () => {
    run = await runScript(scriptOf(page));
  }, START_AND_RUN_TIMEOUT_MS);

  it('are refused only where a comment on the line says so', () => {
    const announced = [...scriptOf(page).matchAll(/# ([45]\d\d) ([A-Z_]+)$/gm)].map(([text]) =>
      text.slice(2),
    );
    expect(run.refusals).toEqual(announced);
    expect(run.statuses.filter((status) => status < 200 || status >= 400)).toEqual(announced.map(parseFloat));
  });

  const promise = PROMISES[page.path];
  if (promise !== undefined)
    it('are answered as the page says', () => {
      promise(run, page);
    });
});

it('Promises are made by pages with bash lines', () => {
  expect(runnable.map(({ path }) => path)).toEqual(expect.arrayContaining(Object.keys(PROMISES)));
});

describe.each(pages)('$path', ({ blocks }) => {
  it('gives a reason for each shell block that is not run', () => {
    const shell = blocks.filter(({ language }) => ['sh', 'shell', 'console'].includes(language));
    expect(shell.filter(({ notRunReason }) => notRunReason === undefined)).toEqual([]);
  });

  it('has no bash block that is marked as not run', () => {
    const bash = blocks.filter(({ language }) => language === 'bash');
    expect(bash.filter(({ notRunReason }) => notRunReason !== undefined)).toEqual([]);
  });
});

it.each(globSync('{*.md,docs/**/*.md}').sort())('%s has no broken links', (path) => {
  expect(brokenLinks(path)).toEqual([]);
});

interface Run {
  output: string;
  statuses: number[];
  /** The answers that are printed. */
  answers: Record<string, unknown>[];
  /** Status and code of each printed answer that is a problem. */
  refusals: string[];
}

async function runScript(script: string): Promise<Run> {
  const folder = await dataFolder();
  await writeFile(join(folder, '.curlrc'), CURLRC);
  const service = await ServiceProcess.start({ DATA_DIR: folder });
  removeAfterwards(() => service.stop());
  const lines = script
    .replaceAll('http://127.0.0.1:3000', service.origin)
    .replaceAll('./.data/', `${folder}/`);
  const env = { ...process.env, DATA_DIR: folder, CURL_HOME: folder };
  const command = ['-e', '-u', '-o', 'pipefail', '-c', lines];
  const { stdout, stderr } = await promisify(execFile)('bash', command, { env });
  await service.stop();
  const answers = stdout
    .split(/\n|(?<=[}\]])(?=[{[])/)
    .filter((text) => text.startsWith('{'))
    .map((text) => JSON.parse(text) as Record<string, unknown>);
  return {
    output: stdout,
    statuses: [...stderr.matchAll(/^HTTP (\d{3})/gm)].map(([, status]) => Number(status)),
    answers,
    refusals: answers
      .filter((answer) => 'code' in answer)
      .map(({ status, code }) => `${String(status)} ${String(code)}`),
  };
}

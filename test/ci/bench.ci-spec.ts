import { beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { dataFolder } from '../support/temporary.js';
import type { Figure } from '../../bench/report/figure.js';
import type { RunRecord } from '../../bench/report/run-record.js';
import { SCENARIO_NAMES } from '../../bench/scenarios/scenario.js';
import { removeAfterwards } from '../support/leftovers.js';

interface Run {
  code: number;
  output: string;
}

let folder: string;

beforeAll(async () => {
  folder = await dataFolder();
});
/** Checks that the bench runs, not how fast the service is. */
describe('npm run bench -- --smoke', () => {
  let run: Run;
  let record: RunRecord;

  beforeAll(async () => {
    run = await bench('full');
    record = JSON.parse(await readFile(join(folder, 'full.json'), 'utf8')) as RunRecord;
  }, 240_000);

  it('exits with 0', () => {
    expect(run).toMatchObject({ code: 0 });
  });

  it.each(SCENARIO_NAMES)('writes the figures of %s to the file and the table', (scenario) => {
    const figures = record.figures.filter((figure) => figure.scenario === scenario);
    expect(figures).not.toEqual([]);
    for (const { name, value } of figures) {
      expect(value).toBeGreaterThan(0);
      expect(run.output).toContain(`\n${name} `);
    }
  });

  it('records commit, versions and options', () => {
    expect(record).toMatchObject({
      commit: expect.stringMatching(/^[0-9a-f]{7,}\+?$|^unknown$/) as unknown,
      versions: { node: process.versions.node, postgresql: expect.stringMatching(/^\d+/) as unknown },
      options: { smoke: true },
      failures: {},
    });
  });

  it('draws every figure with a target', async () => {
    const picture = await readFile(join(folder, 'full.svg'), 'utf8');
    for (const { name } of record.figures.filter(({ target }) => target !== undefined))
      expect(picture).toContain(`>${name}<`);
  });
});

describe('npm run bench -- --compare', () => {
  it('exits with 1 and names the figure when a ratio is worse than in the file', async () => {
    const run = await bench('slower', 'retrieve', '--compare', await recordWith(1000));
    expect(run).toMatchObject({ code: 1 });
    expect(run.output).toContain('More than 10 % worse: retrieve, 32 clients');
  }, 90_000);

  it('exits with 0 when no ratio is worse', async () => {
    const run = await bench('faster', 'retrieve', '--compare', await recordWith(0.000_001));
    expect(run).toMatchObject({ code: 0 });
    expect(run.output).toMatch(/retrieve, 32 clients: .* better by/);
  }, 90_000);
});

/** Runs the bench by npm. The files are named after `name`. */
async function bench(name: string, ...parameters: string[]): Promise<Run> {
  const files = ['--json', join(folder, `${name}.json`), '--svg', join(folder, `${name}.svg`)];
  const args = ['run', '--silent', 'bench', '--', '--smoke', ...files, ...parameters];
  const child = spawn('npm', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'close');
  removeAfterwards(async () => {
    child.kill(); // like Ctrl-C: the bench removes its files and processes
    await exited;
  });
  const output = await text(child.stdout);
  const [code] = (await exited) as [number];
  return { code, output };
}

/** Writes the record of an earlier run with this ratio of retrieve. @returns its path */
async function recordWith(ratio: number): Promise<string> {
  const figure: Figure = {
    scenario: 'retrieve',
    name: 'retrieve, 32 clients',
    description: 'as ever',
    value: ratio,
    unit: 'ratio',
    target: { at_least: 0.45 },
  };
  const file = join(folder, `earlier-${String(ratio)}.json`);
  await writeFile(file, JSON.stringify({ made_at: 'once', commit: 'abc', figures: [figure] }));
  return file;
}

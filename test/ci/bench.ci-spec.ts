import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createDataDir } from '../support/service-process.js';
import type { Figure } from '../../bench/report/figure.js';
import type { RunRecord } from '../../bench/report/run-record.js';
import { SCENARIO_NAMES } from '../../bench/scenarios/scenario.js';
import { removeAfterwards, removeLeftovers } from './leftovers.js';

interface Run {
  code: number;
  output: string;
}

let folder: string;

beforeAll(async () => {
  const made = await createDataDir();
  removeAfterwards(() => made.remove());
  folder = made.path;
});
afterAll(removeLeftovers);

/** How fast the service is on this machine is not asked: whether it can be measured is. */
describe('npm run bench -- --smoke', () => {
  let run: Run;
  let record: RunRecord;

  beforeAll(async () => {
    run = await bench('full');
    record = JSON.parse(await readFile(join(folder, 'full.json'), 'utf8')) as RunRecord;
  }, 240_000);

  it('ends with exit code 0', () => {
    expect(run).toMatchObject({ code: 0 });
  });

  it.each(SCENARIO_NAMES)('has figures of %s in the file and in the table', (scenario) => {
    const figures = record.figures.filter((figure) => figure.scenario === scenario);
    expect(figures).not.toEqual([]);
    for (const { name, value } of figures) {
      expect(value).toBeGreaterThan(0);
      expect(run.output).toContain(`\n${name} `);
    }
  });

  it('says what was measured, on what', () => {
    expect(record).toMatchObject({
      commit: expect.stringMatching(/^[0-9a-f]{7,}\+?$|^unknown$/) as unknown,
      versions: { node: process.versions.node, postgresql: expect.stringMatching(/^\d+/) as unknown },
      options: { smoke: true },
      failures: {},
    });
  });

  it('draws every figure that has a target', async () => {
    const picture = await readFile(join(folder, 'full.svg'), 'utf8');
    for (const { name } of record.figures.filter(({ target }) => target !== undefined))
      expect(picture).toContain(`>${name}<`);
  });
});

describe('npm run bench -- --compare', () => {
  it('ends with exit code 1, and says what, when a ratio is worse than in the file', async () => {
    const run = await bench('slower', 'retrieve', '--compare', await recordWith(1000));
    expect(run).toMatchObject({ code: 1 });
    expect(run.output).toContain('More than 10 % worse: retrieve, 32 clients');
  }, 90_000);

  it('ends with exit code 0 when nothing is', async () => {
    const run = await bench('faster', 'retrieve', '--compare', await recordWith(0.000_001));
    expect(run).toMatchObject({ code: 0 });
    expect(run.output).toMatch(/retrieve, 32 clients: .* better by/);
  }, 90_000);
});

/** Through npm, as a person would; the files are named after `name`. */
async function bench(name: string, ...parameters: string[]): Promise<Run> {
  const files = ['--json', join(folder, `${name}.json`), '--svg', join(folder, `${name}.svg`)];
  const args = ['run', '--silent', 'bench', '--', '--smoke', ...files, ...parameters];
  const child = spawn('npm', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'close');
  removeAfterwards(async () => {
    child.kill(); // as Ctrl-C would: the bench removes what it made
    await exited;
  });
  const output = await text(child.stdout);
  const [code] = (await exited) as [number];
  return { code, output };
}

/** A file of an earlier run, in which retrieving went so well. */
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

import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Options } from '../options.ts';
import type { ScenarioName } from '../scenarios/scenario.ts';
import type { Figure } from './figure.ts';

/** The file with the results of one run. */
export interface RunRecord {
  made_at: string;
  commit: string;
  versions: { tenantry: string; node: string; postgresql: string };
  machine: { platform: string; cpu: string; cores: number; memory_gb: number };
  options: Omit<Options, 'json' | 'svg' | 'compare'>;
  figures: Figure[];
  /** Error messages of failed scenarios. */
  failures: Partial<Record<ScenarioName, string>>;
}

export async function createRecord(
  { json: _json, svg: _svg, compare: _compare, ...options }: Options,
  postgresql: string,
  { figures, failures }: Pick<RunRecord, 'figures' | 'failures'>,
): Promise<RunRecord> {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return {
    made_at: new Date().toISOString(),
    commit: await describeCommit(),
    versions: { tenantry: version, node: process.versions.node, postgresql },
    machine: {
      platform: `${process.platform} ${process.arch}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memory_gb: Math.round(totalmem() / 2 ** 30),
    },
    options,
    figures,
    failures,
  };
}

export async function readRecord(file: string): Promise<RunRecord> {
  return JSON.parse(await readFile(file, 'utf8')) as RunRecord;
}

export async function writeRecord(file: string, record: RunRecord): Promise<void> {
  await writeOutput(file, `${JSON.stringify(record, undefined, 2)}\n`);
}

/** Writes the file, and creates its folder. */
export async function writeOutput(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** Returns the short hash, with a plus when there are uncommitted changes. */
async function describeCommit(): Promise<string> {
  const git = async (...parameters: string[]): Promise<string> =>
    (await promisify(execFile)('git', parameters, { cwd: new URL('.', import.meta.url) })).stdout.trim();
  try {
    const status = await git('status', '--porcelain', '--untracked-files=no');
    return `${await git('rev-parse', '--short', 'HEAD')}${status === '' ? '' : '+'}`;
  } catch {
    return 'unknown'; // git is missing, or this is not a clone
  }
}

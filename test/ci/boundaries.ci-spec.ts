import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** Content of the files of src/, by path. */
type Sources = Record<string, string>;

const IMPORT_DOWN = { 'users/users.ts': "import '../roles/roles.js';", 'roles/roles.ts': 'export {};' };
const IMPORT_UP = { 'audit/audit.ts': "import '../users/users.js';", 'users/users.ts': 'export {};' };
const IMPORT_ENTRY = { 'cli/cli.ts': "import '../main.js';", 'main.ts': 'export {};' };
const FOLDER_CIRCLE = {
  'users/users.ts': "import '../access/access.js';",
  'access/access.ts': 'export {};',
  'access/grants.ts': "import '../users/grants.js';",
  'users/grants.ts': 'export {};',
};
const UNKNOWN_FOLDER = { 'extras/extras.ts': "import '../common/text.js';", 'common/text.ts': 'export {};' };

/** Applies the real rules to small source trees. */
describe('npm run boundaries', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tenantry-boundaries-'));
    for (const file of ['package.json', 'tsconfig.json', '.dependency-cruiser.js'])
      await cp(file, join(folder, file));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const violatedRules = async (sources: Sources): Promise<string[]> => {
    await rm(join(folder, 'src'), { recursive: true, force: true });
    for (const [path, content] of Object.entries(sources)) {
      const file = join(folder, 'src', path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    const depcruise = resolve('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
    const args = [depcruise, '--config', '.dependency-cruiser.js', '--output-type', 'json', 'src'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
    const { summary } = JSON.parse(stdout) as { summary: { violations: { rule: { name: string } }[] } };
    return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort();
  };

  it.each<[string, Sources, string[]]>([
    ['accepts an import from a lower floor', IMPORT_DOWN, []],
    ['rejects an import from a higher floor', IMPORT_UP, ['floor-audit-totals']],
    ['rejects an import of an entry point', IMPORT_ENTRY, ['floor-cli']],
    ['rejects a circle of folders without a circle of files', FOLDER_CIRCLE, ['no-circles-of-folders']],
    ['rejects a folder without a floor', UNKNOWN_FOLDER, ['every-folder-has-a-floor']],
  ])('%s', async (_name, sources, rules) => {
    expect(await violatedRules(sources)).toEqual(rules);
  });
});

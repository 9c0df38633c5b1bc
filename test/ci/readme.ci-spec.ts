import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { createDataDir, ServiceProcess } from '../support/service-process.js';
import { removeAfterwards, removeLeftovers } from './leftovers.js';

const SECTIONS = [
  'A first user',
  'From a group to a token',
  'Plan before you change',
  'Retries do nothing twice',
  'Lists',
  'Embed tokens',
  'Audit trail',
];

afterAll(removeLeftovers);

describe('The lines of the README, in one bash, one section after the other', () => {
  let answers: Record<string, unknown>[];

  beforeAll(async () => {
    const folder = await createDataDir();
    removeAfterwards(() => folder.remove());
    const service = await ServiceProcess.start({ DATA_DIR: folder.path });
    removeAfterwards(() => service.stop());
    const script = SECTIONS.map(bashOf(await readFile('README.md', 'utf8')))
      .join('\n')
      .replaceAll('http://127.0.0.1:3000', service.origin)
      .replaceAll('./.data/', `${folder.path}/`)
      .replaceAll('curl -sS', "curl -sS -w '\\n'");
    const { stdout } = await promisify(execFile)('bash', ['-e', '-u', '-o', 'pipefail', '-c', script]);
    const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
    answers = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  });

  it('are answered without a single error', () => {
    expect(answers.length).toBeGreaterThanOrEqual(6);
    expect(answers.filter((answer) => 'code' in answer)).toEqual([]);
  });

  it('lead from a group over an account and a user to a permission, and why', () => {
    expect(answers).toContainEqual({
      results: [
        { allowed: true, because: [expect.objectContaining({ role_name: 'Agent', via: 'account_group' })] },
      ],
    });
  });

  it('lead to tokens', () => {
    const tokens = answers.filter(({ token_type }) => token_type === 'Bearer');
    expect(tokens).toHaveLength(2);
  });

  it('plan the end of a role', () => {
    const plan = answers.find(({ status }) => status === 204);
    expect(plan?.['access_changes']).toEqual([
      expect.objectContaining({ lost: expect.anything() as object }),
    ]);
  });
});

/** The bash blocks below a heading. */
function bashOf(readme: string): (heading: string) => string {
  return (heading) => {
    const [, section = ''] = readme.split(`\n## ${heading}\n`);
    const text = section.split('\n## ')[0] ?? '';
    const blocks = [...text.matchAll(/^```bash\n(.*?)^```$/gms)].map(([, lines]) => lines ?? '');
    if (blocks.length === 0) throw new Error(`README.md has no bash below ${heading}`);
    return blocks.join('\n');
  };
}

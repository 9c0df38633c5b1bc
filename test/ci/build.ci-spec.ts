import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `npm start` and `npm run cli` build first, possibly while another process reads dist/. */
describe('npm run build without changes', () => {
  it('writes no file, also when two run at the same time', async () => {
    const build = (): Promise<unknown> => run('npm', ['run', 'build']);
    await build();
    const before = await builtFile();
    await Promise.all([build(), build()]);
    expect(await builtFile()).toEqual(before);
  });
});

async function builtFile(): Promise<{ ino: number; ctimeMs: number }> {
  const { ino, ctimeMs } = await stat('dist/src/main.js');
  return { ino, ctimeMs };
}

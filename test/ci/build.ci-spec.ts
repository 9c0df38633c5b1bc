import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `npm start`, `npm run cli` and the rest build first, while another one of them may be reading what was built. */
describe('npm run build, with nothing changed since the last one', () => {
  it('writes no file anew, also when two run at once', async () => {
    const build = (): Promise<unknown> => run('npm', ['run', 'build']);
    await build();
    const before = await built();
    await Promise.all([build(), build()]);
    expect(await built()).toEqual(before);
  });
});

async function built(): Promise<{ ino: number; ctimeMs: number }> {
  const { ino, ctimeMs } = await stat('dist/src/main.js');
  return { ino, ctimeMs };
}

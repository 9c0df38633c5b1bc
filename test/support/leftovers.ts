import { afterAll } from '@jest/globals';

const leftovers: (() => Promise<unknown>)[] = [];
let isDone = false;

/**
 * Registers the removal of a process, folder or database. It runs after all tests of the file, the last registered
 * first, even when a test fails or times out.
 */
export function removeAfterwards(remove: () => Promise<unknown>): void {
  if (isDone)
    remove().catch(() => undefined); // registered by a test that ran into its timeout
  else leftovers.push(remove);
}

afterAll(async () => {
  isDone = true;
  const errors: unknown[] = [];
  for (const remove of leftovers.splice(0).reverse())
    await remove().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors);
});

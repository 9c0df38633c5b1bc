const leftovers: (() => Promise<unknown>)[] = [];
let over = false;

/** For what a test must not leave behind even when it fails or gets stuck: a process would keep Jest from ending. */
export function removeAfterwards(remove: () => Promise<unknown>): void {
  if (over)
    remove().catch(() => undefined); // made by a test that went on after its time was up
  else leftovers.push(remove);
}

/** For `afterAll`: removes all, the last made first, and only then tells what could not be removed. */
export async function removeLeftovers(): Promise<void> {
  over = true;
  const errors: unknown[] = [];
  for (const remove of leftovers.splice(0).reverse())
    await remove().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors);
}

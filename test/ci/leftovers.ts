const leftovers: (() => Promise<unknown>)[] = [];
let isDone = false;

/** Registers the removal of a process, folder or database, which runs even when the test fails or times out. */
export function removeAfterwards(remove: () => Promise<unknown>): void {
  if (isDone)
    remove().catch(() => undefined); // registered by a test that ran into its timeout
  else leftovers.push(remove);
}

/** For `afterAll`: runs all removals, the last registered first. @throws AggregateError of those that failed */
export async function removeLeftovers(): Promise<void> {
  isDone = true;
  const errors: unknown[] = [];
  for (const remove of leftovers.splice(0).reverse())
    await remove().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors);
}

const leftovers: (() => Promise<unknown>)[] = [];

/** For what a test must not leave behind even when it fails or gets stuck: a process would keep Jest from ending. */
export function removeAfterwards(remove: () => Promise<unknown>): void {
  leftovers.push(remove);
}

/** For `afterAll`: removes all, the last made first, and only then tells what could not be removed. */
export async function removeLeftovers(): Promise<void> {
  const errors: unknown[] = [];
  for (const remove of leftovers.splice(0).reverse())
    await remove().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw new AggregateError(errors);
}

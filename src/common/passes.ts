import { setTimeout as sleep } from 'node:timers/promises';

/** @returns whether the time passed; false as soon as the signal is given */
export async function passes(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(milliseconds, undefined, { ref: false, signal });
    return true;
  } catch {
    return false;
  }
}

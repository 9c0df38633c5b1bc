import { Recently } from './recently.js';

/** Milliseconds for which an organization that asked for something counts as one that shares. */
const SHARES_FOR = 1000;
/** Turns that one organization alone leaves free, so that the next one to come need not wait for any of its. */
const LEFT_FREE = 2;
/** Turns that an organization gets among however many others. */
const FEWEST = 1;

interface Waiting {
  begin(): void;
  timer: NodeJS.Timeout;
}

/**
 * So many requests at work at a time, shared by the organizations that ask: each may have about as many at
 * work as the others, however many of its requests wait. Those that wait are taken organization by organization.
 */
export class FairTurns {
  private readonly atWork = new Map<string, number>();
  /** In the order in which the organizations are taken next; each has at least one request that waits. */
  private readonly waiting = new Map<string, Waiting[]>();
  private readonly sharing = new Recently(SHARES_FOR);
  private total = 0;

  /**
   * @param turns at least 1
   * @param patience milliseconds that a request waits
   */
  constructor(
    private readonly turns: number,
    private readonly patience: number,
  ) {}

  /**
   * Whoever gets a turn gives it back.
   * @returns undefined when the turn is there at once, else resolves to whether it came in time
   */
  take(organizationId: string): Promise<boolean> | undefined {
    this.sharing.note(organizationId);
    if (this.waiting.has(organizationId) || !this.mayBegin(organizationId)) return this.wait(organizationId);
    this.begin(organizationId);
    return undefined;
  }

  giveBack(organizationId: string): void {
    const left = (this.atWork.get(organizationId) ?? 0) - 1;
    if (left > 0) this.atWork.set(organizationId, left);
    else this.atWork.delete(organizationId);
    this.total -= 1;
    while (this.beginNext());
  }

  private wait(organizationId: string): Promise<boolean> {
    const queue = this.waiting.get(organizationId) ?? [];
    this.waiting.set(organizationId, queue);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.leave(organizationId, waiting);
        resolve(false);
      }, this.patience);
      const waiting: Waiting = {
        timer,
        begin: () => {
          resolve(true);
        },
      };
      queue.push(waiting);
    });
  }

  private leave(organizationId: string, waiting: Waiting): void {
    const queue = this.waiting.get(organizationId) ?? [];
    queue.splice(queue.indexOf(waiting), 1);
    if (queue.length === 0) this.waiting.delete(organizationId);
  }

  /** @returns false when nobody may */
  private beginNext(): boolean {
    for (const [organizationId, queue] of this.waiting) {
      const [next] = queue;
      if (next === undefined || !this.mayBegin(organizationId)) continue;
      clearTimeout(next.timer);
      this.leave(organizationId, next);
      this.begin(organizationId);
      if (this.waiting.delete(organizationId)) this.waiting.set(organizationId, queue); // behind the others
      next.begin();
      return true;
    }
    return false;
  }

  private begin(organizationId: string): void {
    this.atWork.set(organizationId, (this.atWork.get(organizationId) ?? 0) + 1);
    this.total += 1;
  }

  private mayBegin(organizationId: string): boolean {
    return this.total < this.turns && (this.atWork.get(organizationId) ?? 0) < this.share();
  }

  private share(): number {
    const organizations = this.sharing.count();
    if (organizations > 1) return Math.max(FEWEST, Math.ceil(this.turns / organizations));
    return Math.max(1, this.turns - LEFT_FREE);
  }
}

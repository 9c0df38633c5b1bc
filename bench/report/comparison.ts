import type { Figure } from './figure.ts';
import type { RunRecord } from './run-record.ts';
import { valueText } from './value.ts';

const TOLERANCE = 0.1;

export interface Comparison {
  /** One line a figure. */
  lines: string[];
  /** Names of the figures that are clearly worse than before. */
  worse: string[];
}

/** Ratios are judged. Times and sizes are only told: they are those of the machine, which may be another one. */
export function compare(figures: readonly Figure[], before: RunRecord): Comparison {
  const pairs = figures.flatMap((now) => {
    const then = before.figures.find(({ name }) => name === now.name);
    return then === undefined ? [] : [{ now, then, change: betterBy(now, then) }];
  });
  return {
    lines: pairs.map(
      ({ now, then, change }) =>
        `${now.name}: ${valueText(then.value, now.unit)} → ${valueText(now.value, now.unit)}, ${inWords(change)}`,
    ),
    worse: pairs
      .filter(({ now, change }) => now.unit === 'ratio' && change < -TOLERANCE)
      .map(({ now }) => now.name),
  };
}

/** 0.2: a fifth better; below 0: worse. What has no target, or one that it should stay below, is better when less. */
function betterBy(now: Figure, then: Figure): number {
  const more = now.unit === '1/s' || (now.target !== undefined && 'at_least' in now.target);
  return more ? now.value / then.value - 1 : then.value / now.value - 1;
}

function inWords(change: number): string {
  if (Math.abs(change) <= TOLERANCE) return 'about the same';
  return change > 0 ? `better by ${percent(change)}` : `worse by ${percent(-change)}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

import type { Figure } from './figure.ts';
import type { RunRecord } from './run-record.ts';
import { formatValue } from './value.ts';

/** Smaller changes count as noise. */
const TOLERANCE = 0.1;

export interface Comparison {
  /** One line for each figure. */
  lines: string[];
  /** Names of the ratios that are worse than before. */
  worse: string[];
}

/** Compares the figures with an earlier run. Only ratios are judged, because other values depend on the machine. */
export function compare(figures: readonly Figure[], before: RunRecord): Comparison {
  const pairs = figures.flatMap((now) => {
    const then = before.figures.find(({ name }) => name === now.name);
    return then === undefined ? [] : [{ now, then, change: improvementOf(now, then) }];
  });
  return {
    lines: pairs.map(
      ({ now, then, change }) =>
        `${now.name}: ${formatValue(then.value, now.unit)} → ${formatValue(now.value, now.unit)}, ${formatChange(change)}`,
    ),
    worse: pairs
      .filter(({ now, change }) => now.unit === 'ratio' && change < -TOLERANCE)
      .map(({ now }) => now.name),
  };
}

/** Returns the relative improvement, negative when worse. Less is better, except for rates and figures with `at_least`. */
function improvementOf(now: Figure, then: Figure): number {
  const isMoreBetter = now.unit === '1/s' || (now.target !== undefined && 'at_least' in now.target);
  return isMoreBetter ? now.value / then.value - 1 : then.value / now.value - 1;
}

function formatChange(change: number): string {
  if (Math.abs(change) <= TOLERANCE) return 'about the same';
  return change > 0 ? `better by ${formatPercent(change)}` : `worse by ${formatPercent(-change)}`;
}

function formatPercent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

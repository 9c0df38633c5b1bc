import type { Measurement } from '../measure/measure-interleaved.ts';
import type { ScenarioName } from '../scenarios/scenario.ts';

export type Target = { at_least: number } | { at_most: number };

/** One result of a scenario: a value, and the measurements that it was computed from. */
export interface Figure {
  scenario: ScenarioName;
  /** Unique name. */
  name: string;
  /** Meaning of the value in a few words. */
  description: string;
  value: number;
  /** Ratios can be compared with those of other machines. */
  unit: 'ratio' | 'ms' | 's' | 'MB' | '1/s';
  target?: Target;
  measured?: Measurement;
  /** The measurement that a ratio refers to. */
  against?: Measurement & { name: string };
}

/** @returns undefined for a figure without a target */
export function isTargetReached({ value, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  return 'at_least' in target ? value >= target.at_least : value <= target.at_most;
}

import type { Measured } from '../measure/rounds.ts';
import type { ScenarioName } from '../scenarios/scenario.ts';

export type Target = { at_least: number } | { at_most: number };

/** One line of the table: one value, and what it was made from. */
export interface Figure {
  scenario: ScenarioName;
  /** Of the scenario's figures this one; no other has it. */
  name: string;
  /** What the value says, in a few words. */
  says: string;
  value: number;
  /** Ratios come from one run on one machine, and can be compared with those of another. */
  unit: 'ratio' | 'ms' | 's' | 'MB' | '1/s';
  target?: Target;
  measured?: Measured;
  /** What it is compared with. */
  against?: Measured & { name: string };
}

/** @returns undefined where nothing was aimed at */
export function isReached({ value, target }: Figure): boolean | undefined {
  if (target === undefined) return undefined;
  return 'at_least' in target ? value >= target.at_least : value <= target.at_most;
}

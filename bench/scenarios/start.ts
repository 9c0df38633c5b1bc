import { setTimeout as pause } from 'node:timers/promises';
import type { Plan } from '../load/plan.ts';
import { median } from '../measure/median.ts';
import { memoryOf } from '../measure/processes.ts';
import type { Figure } from '../report/figure.ts';
import type { Harness } from '../harness.ts';
import type { Scenario } from './scenario.ts';
import { mediumTenant } from './tenants.ts';

const STARTS = 5;
/** Time before memory at rest is read. */
const SETTLING_MS = 5000;
const SAMPLE_INTERVAL_MS = 1000;
/** Part of the load during which memory may still grow, at most MAX_SETTLING_MINUTES. */
const SETTLING_SHARE = 0.2;
const MAX_SETTLING_MINUTES = 2;

/** Measures the time of a start on a migrated database, and the memory at rest and under load. */
export const start: Scenario = async (harness) => {
  const seconds = await timeStarts(harness);
  const service = await harness.startService();
  await pause(harness.options.smoke ? SETTLING_MS / 10 : SETTLING_MS);
  const atRest = memoryOf(service.pid);
  const requests = await (await mediumTenant(harness)).mixed();
  const samples = await sampleMemory(harness, service.pid, {
    origin: service.origin,
    requests,
    pace: { clients: 8 },
  });
  await service.stop();
  const { settled, final } = compareEnds(samples, harness.options.minutes);
  const memoryFigure = (name: string, value: number): Figure => ({
    scenario: 'start',
    name,
    description: 'resident',
    value,
    unit: 'MB',
  });
  return [
    {
      scenario: 'start',
      name: 'start',
      description: 'spawned to ready',
      value: median(seconds),
      unit: 's',
      target: { at_most: 1.5 },
    },
    { ...memoryFigure('memory at rest', atRest), target: { at_most: 200 } },
    memoryFigure('memory under load', final),
    {
      scenario: 'start',
      name: 'growth under load',
      description: 'memory, at the end / settled',
      value: final / settled,
      unit: 'ratio',
      target: { at_most: 1.1 },
    },
  ];
};

async function timeStarts(harness: Harness): Promise<number[]> {
  const seconds: number[] = [];
  for (let n = 0; n < (harness.options.smoke ? 1 : STARTS); n += 1) {
    const service = await harness.startService();
    seconds.push(service.secondsToReady);
    await service.stop();
  }
  return seconds;
}

/** @returns the memory in megabytes, sampled while the load runs */
async function sampleMemory(harness: Harness, pid: number, plan: Omit<Plan, 'seconds'>): Promise<number[]> {
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(memoryOf(pid)), SAMPLE_INTERVAL_MS);
  try {
    await harness.generator.run({ ...plan, seconds: harness.options.minutes * 60 });
  } finally {
    clearInterval(timer);
  }
  samples.push(memoryOf(pid));
  return samples;
}

/** Returns the medians of a tenth of the samples, after settling and at the end. */
function compareEnds(samples: readonly number[], minutes: number): { settled: number; final: number } {
  const tenth = Math.max(1, Math.round(samples.length / 10));
  const settling = Math.floor(samples.length * Math.min(SETTLING_SHARE, MAX_SETTLING_MINUTES / minutes));
  return {
    settled: median(samples.slice(settling, settling + tenth)),
    final: median(samples.slice(-tenth)),
  };
}

import { setTimeout as pause } from 'node:timers/promises';
import type { Plan } from '../load/plan.ts';
import { median } from '../measure/median.ts';
import { memoryOf } from '../measure/processes.ts';
import type { Figure } from '../report/figure.ts';
import type { Stage } from '../stage.ts';
import type { Scenario } from './scenario.ts';
import { middleTenant } from './tenants.ts';

const STARTS = 5;
const LOOK_EVERY_MS = 1000;
/** Part of the load's time after which memory has to be flat; at most two minutes. */
const SETTLING = 0.2;
const SETTLING_MINUTES = 2;

/** How long a start takes on a database that is migrated, and how much memory the service has, at rest and at work. */
export const start: Scenario = async (stage) => {
  const seconds = await timeStarts(stage);
  const service = await stage.startService();
  await pause(stage.options.smoke ? 500 : 5000);
  const atRest = memoryOf(service.pid);
  const requests = await (await middleTenant(stage)).mixed();
  const samples = await memoryUnder(stage, service.pid, {
    origin: service.origin,
    requests,
    pace: { clients: 8 },
  });
  await service.stop();
  const { settled, final } = ends(samples, stage.options.minutes);
  const megabytes = (name: string, value: number): Figure => ({
    scenario: 'start',
    name,
    says: 'resident',
    value,
    unit: 'MB',
  });
  return [
    {
      scenario: 'start',
      name: 'start',
      says: 'spawned to ready',
      value: median(seconds),
      unit: 's',
      target: { at_most: 1.5 },
    },
    { ...megabytes('memory at rest', atRest), target: { at_most: 200 } },
    megabytes('memory under load', final),
    {
      scenario: 'start',
      name: 'growth under load',
      says: 'memory, at the end / settled',
      value: final / settled,
      unit: 'ratio',
      target: { at_most: 1.1 },
    },
  ];
};

async function timeStarts(stage: Stage): Promise<number[]> {
  const seconds: number[] = [];
  for (let n = 0; n < (stage.options.smoke ? 1 : STARTS); n += 1) {
    const service = await stage.startService();
    seconds.push(service.secondsToReady);
    await service.stop();
  }
  return seconds;
}

/** @returns the memory, looked at every second */
async function memoryUnder(stage: Stage, pid: number, plan: Omit<Plan, 'seconds'>): Promise<number[]> {
  const samples: number[] = [];
  const look = setInterval(() => samples.push(memoryOf(pid)), LOOK_EVERY_MS);
  try {
    await stage.generator.run({ ...plan, seconds: stage.options.minutes * 60 });
  } finally {
    clearInterval(look);
  }
  samples.push(memoryOf(pid));
  return samples;
}

/** The medians of a tenth of the samples each: once the service has settled, and at the end. */
function ends(samples: readonly number[], minutes: number): { settled: number; final: number } {
  const tenth = Math.max(1, Math.round(samples.length / 10));
  const settling = Math.floor(samples.length * Math.min(SETTLING, SETTLING_MINUTES / minutes));
  return {
    settled: median(samples.slice(settling, settling + tenth)),
    final: median(samples.slice(-tenth)),
  };
}

import { Leftovers } from './leftovers.ts';
import { readOptions, USAGE, type Options } from './options.ts';
import { chartOf } from './report/chart.ts';
import { compare } from './report/comparison.ts';
import type { Figure } from './report/figure.ts';
import { readRecord, recordOf, writeRecord, writeReport, type RunRecord } from './report/run-record.ts';
import { tableOf } from './report/table.ts';
import { SCENARIOS } from './scenarios/all.ts';
import { SCENARIO_NAMES } from './scenarios/scenario.ts';
import { Stage } from './stage.ts';

const leftovers = new Leftovers();
leftovers.removeOnSignals();

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(USAGE);
  else process.exitCode = await bench(options);
} catch (error) {
  if (!leftovers.interrupted) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
} finally {
  await leftovers.remove();
}

/** @returns the exit code */
async function bench(options: Options): Promise<number> {
  const before = options.compare === undefined ? undefined : await readRecord(options.compare);
  const stage = await Stage.set(options, leftovers);
  const measured = await measure(stage);
  const record = await recordOf(options, await stage.server.version(), measured);
  await writeRecord(options.json, record);
  await writeReport(options.svg, chartOf(record));
  process.stdout.write(`\n${tableOf(record.figures)}\n\n${options.json}\n${options.svg}\n`);
  const failed = Object.entries(record.failures);
  for (const [name, message] of failed) process.stdout.write(`\n${name} could not be measured: ${message}\n`);
  const gotWorse = before !== undefined && tellDifferences(record, before);
  return failed.length > 0 || gotWorse ? 1 : 0;
}

/** In an order of their own: what is measured first finds the database small. */
async function measure(stage: Stage): Promise<Pick<RunRecord, 'figures' | 'failures'>> {
  const figures: Figure[] = [];
  const failures: RunRecord['failures'] = {};
  for (const name of SCENARIO_NAMES.filter((known) => stage.options.scenarios.includes(known))) {
    process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${name} …\n`);
    try {
      figures.push(...(await SCENARIOS[name](stage)));
    } catch (error) {
      if (leftovers.interrupted) throw error;
      failures[name] = error instanceof Error ? error.message : String(error); // the others still tell something
    }
  }
  return { figures, failures };
}

/** @returns whether a ratio is clearly worse than it was */
function tellDifferences({ figures }: RunRecord, before: RunRecord): boolean {
  const { lines, worse } = compare(figures, before);
  process.stdout.write(`\nCompared with ${before.commit} of ${before.made_at}:\n${lines.join('\n')}\n`);
  if (worse.length > 0) process.stdout.write(`More than 10 % worse: ${worse.join('; ')}\n`);
  return worse.length > 0;
}

import { Cleanup } from './cleanup.ts';
import { readOptions, USAGE, type Options } from './options.ts';
import { drawChart } from './report/chart.ts';
import { compare } from './report/comparison.ts';
import type { Figure } from './report/figure.ts';
import { createRecord, readRecord, writeOutput, writeRecord, type RunRecord } from './report/run-record.ts';
import { formatTable } from './report/table.ts';
import { SCENARIOS } from './scenarios/all.ts';
import { SCENARIO_NAMES } from './scenarios/scenario.ts';
import { Harness } from './harness.ts';

const cleanup = new Cleanup();
cleanup.removeOnSignals();

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') process.stdout.write(USAGE);
  else process.exitCode = await bench(options);
} catch (error) {
  if (!cleanup.isInterrupted) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
} finally {
  await cleanup.remove();
}

/** @returns the exit code */
async function bench(options: Options): Promise<number> {
  const before = options.compare === undefined ? undefined : await readRecord(options.compare);
  const harness = await Harness.create(options, cleanup);
  const measured = await measure(harness);
  const record = await createRecord(options, await harness.server.version(), measured);
  await writeRecord(options.json, record);
  await writeOutput(options.svg, drawChart(record));
  process.stdout.write(`\n${formatTable(record.figures)}\n\n${options.json}\n${options.svg}\n`);
  const failed = Object.entries(record.failures);
  for (const [name, message] of failed) process.stdout.write(`\n${name} failed: ${message}\n`);
  const isWorse = before !== undefined && printComparison(record, before);
  return failed.length > 0 || isWorse ? 1 : 0;
}

/** Runs the scenarios in the order of SCENARIO_NAMES, because earlier ones measure a smaller database. */
async function measure(harness: Harness): Promise<Pick<RunRecord, 'figures' | 'failures'>> {
  const figures: Figure[] = [];
  const failures: RunRecord['failures'] = {};
  for (const name of SCENARIO_NAMES.filter((known) => harness.options.scenarios.includes(known))) {
    process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${name} …\n`);
    try {
      figures.push(...(await SCENARIOS[name](harness)));
    } catch (error) {
      if (cleanup.isInterrupted) throw error;
      failures[name] = error instanceof Error ? error.message : String(error); // the other scenarios are still useful
    }
  }
  return { figures, failures };
}

/** @returns whether a ratio is more than 10 % worse than before */
function printComparison({ figures }: RunRecord, before: RunRecord): boolean {
  const { lines, worse } = compare(figures, before);
  process.stdout.write(`\nCompared with ${before.commit} of ${before.made_at}:\n${lines.join('\n')}\n`);
  if (worse.length > 0) process.stdout.write(`More than 10 % worse: ${worse.join('; ')}\n`);
  return worse.length > 0;
}

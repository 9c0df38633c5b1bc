import { isReached, type Figure } from './figure.ts';
import { digits, targetText, valueText } from './value.ts';

const HEADINGS = [
  'figure',
  'what',
  'value',
  'target',
  'reached',
  'req/s',
  'p50 ms',
  'p99 ms',
  'CPU ms: service',
  'database',
  'load',
  'against',
  'req/s',
  'p50 ms',
  'p99 ms',
];
const TEXT_COLUMNS = new Set([0, 1, 11]);

/** All figures, one a line; processor time is that of one request. */
export function tableOf(figures: readonly Figure[]): string {
  const lines = [HEADINGS, ...figures.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const inLine = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return TEXT_COLUMNS.has(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  const [headings = '', ...rows] = lines.map(inLine);
  return [headings, '─'.repeat(Math.max(...lines.map(inLine).map((line) => line.length))), ...rows].join(
    '\n',
  );
}

function cellsOf(figure: Figure): string[] {
  const { name, says, value, unit, target, measured, against } = figure;
  const reached = isReached(figure);
  return [
    name,
    says,
    valueText(value, unit),
    targetText(target, unit),
    reached === undefined ? '' : reached ? 'yes' : 'no',
    digits(measured?.requests_per_second),
    digits(measured?.p50),
    digits(measured?.p99),
    digits(measured?.cpu_server),
    digits(measured?.cpu_database),
    digits(measured?.cpu_load),
    against?.name ?? '',
    digits(against?.requests_per_second),
    digits(against?.p50),
    digits(against?.p99),
  ];
}

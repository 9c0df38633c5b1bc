import { isTargetReached, type Figure } from './figure.ts';
import { formatDigits, formatTarget, formatValue } from './value.ts';

const HEADINGS = [
  'figure',
  'description',
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

/** Formats the figures as a table, with processor time per request. */
export function formatTable(figures: readonly Figure[]): string {
  const lines = [HEADINGS, ...figures.map(cellsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const formatLine = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return TEXT_COLUMNS.has(column) ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  const [headings = '', ...rows] = lines.map(formatLine);
  return [headings, '─'.repeat(Math.max(...lines.map(formatLine).map((line) => line.length))), ...rows].join(
    '\n',
  );
}

function cellsOf(figure: Figure): string[] {
  const { name, description, value, unit, target, measured, against } = figure;
  const reached = isTargetReached(figure);
  return [
    name,
    description,
    formatValue(value, unit),
    formatTarget(target, unit),
    reached === undefined ? '' : reached ? 'yes' : 'no',
    formatDigits(measured?.requests_per_second),
    formatDigits(measured?.p50),
    formatDigits(measured?.p99),
    formatDigits(measured?.cpu_server),
    formatDigits(measured?.cpu_database),
    formatDigits(measured?.cpu_load),
    against?.name ?? '',
    formatDigits(against?.requests_per_second),
    formatDigits(against?.p50),
    formatDigits(against?.p99),
  ];
}

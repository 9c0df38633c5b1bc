import type { Figure, Target } from './figure.ts';

const UNITS: Readonly<Record<Figure['unit'], string>> = {
  ratio: '',
  ms: ' ms',
  s: ' s',
  MB: ' MB',
  '1/s': '/s',
};

/** Formats a value with three significant digits and its unit. */
export function formatValue(value: number, unit: Figure['unit']): string {
  return `${formatDigits(value)}${UNITS[unit]}`;
}

export function formatTarget(target: Target | undefined, unit: Figure['unit']): string {
  if (target === undefined) return '';
  return 'at_least' in target
    ? `≥ ${formatValue(target.at_least, unit)}`
    : `≤ ${formatValue(target.at_most, unit)}`;
}

/** For example 1234, 12.3 or 0.12. */
export function formatDigits(value: number | undefined): string {
  if (value === undefined) return '';
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

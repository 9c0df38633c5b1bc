import type { Figure, Target } from './figure.ts';

const UNITS: Readonly<Record<Figure['unit'], string>> = {
  ratio: '',
  ms: ' ms',
  s: ' s',
  MB: ' MB',
  '1/s': '/s',
};

/** In three digits, with its unit. */
export function valueText(value: number, unit: Figure['unit']): string {
  return `${digits(value)}${UNITS[unit]}`;
}

export function targetText(target: Target | undefined, unit: Figure['unit']): string {
  if (target === undefined) return '';
  return 'at_least' in target
    ? `≥ ${valueText(target.at_least, unit)}`
    : `≤ ${valueText(target.at_most, unit)}`;
}

/** 1234, 12.3, 0.12 */
export function digits(value: number | undefined): string {
  if (value === undefined) return '';
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

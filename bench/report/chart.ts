import type { RunRecord } from './run-record.ts';

export function chartOf(record: RunRecord): string {
  return `<svg xmlns="http://www.w3.org/2000/svg"><title>${record.commit}</title></svg>\n`;
}

import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { FIELD_CODES, PROBLEMS } from './catalogue.js';

describe('docs/guide/errors.md', () => {
  const rows = readFileSync('docs/guide/errors.md', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));

  it.each(Object.entries(PROBLEMS))('has the status and text of %s', (code, { status, when }) => {
    const row = rows.find((cells) => cells.includes(code));
    expect(row).toEqual(expect.arrayContaining([code, String(status), when.replaceAll('`', '')]));
  });

  it.each(Object.entries(FIELD_CODES))('has the text of the field code %s', (code, meaning) => {
    expect(rows.find((cells) => cells.includes(code))).toContain(meaning);
  });
});

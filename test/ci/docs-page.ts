import { existsSync, globSync, readFileSync } from 'node:fs';

/** A page for readers who run its lines. */
export interface Page {
  path: string;
  blocks: Block[];
}

export interface Block {
  language: string;
  lines: string;
  /** From a comment in front of the block: `<!-- not run: the reason -->`. */
  notRunReason: string | undefined;
}

const BLOCK = /(?:^ *<!-- not run: ([^\n]+) -->\n+)?^( *)```(\w+)\n(.*?)^\2```$/gms;

export function docsPages(): Page[] {
  return ['README.md', ...globSync('docs/{guide,operations}/*.md').sort()].map((path) => ({
    path,
    blocks: [...readFileSync(path, 'utf8').matchAll(BLOCK)].map(
      ([, notRunReason, indent = '', language = '', lines = '']) => ({
        language,
        lines: lines.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
        notRunReason,
      }),
    ),
  }));
}

/** The `bash` blocks of a page, as a reader pastes them one after the other; empty when there are none. */
export function scriptOf({ blocks }: Page): string {
  return blocks
    .filter(({ language }) => language === 'bash')
    .map(({ lines }) => lines)
    .join('\n');
}

/** Relative links of a page that lead to no file or to no heading. */
export function brokenLinks(path: string): string[] {
  const base = new URL(path, `file://${process.cwd()}/`);
  const links = [...withoutBlocks(path).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const target = new URL(link, base);
    if (!existsSync(target.pathname)) return true;
    return target.hash !== '' && !anchorsOf(target.pathname).includes(target.hash.slice(1));
  });
}

/** As GitHub makes them. */
function anchorsOf(path: string): string[] {
  return [...withoutBlocks(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function withoutBlocks(path: string): string {
  return readFileSync(path, 'utf8').replaceAll(BLOCK, '');
}

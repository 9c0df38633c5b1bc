/** A node of the output of EXPLAIN (FORMAT JSON, VERBOSE). */
export interface PlanNode {
  'Node Type': string;
  Operation?: string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Parent Relationship'?: string;
  'Conflict Resolution'?: string;
  'Index Cond'?: string;
  'Recheck Cond'?: string;
  Filter?: string;
  Plans?: PlanNode[];
}

/** @returns the node and all of its descendants */
export function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

export function inOneLine(statement: string): string {
  return statement.replaceAll(/\s+/g, ' ').trim();
}

/** @returns the conditions of a scan, which all of its rows fulfil */
export function conditionsOf(scan: PlanNode): string[] {
  return [scan['Index Cond'], scan['Recheck Cond'], scan.Filter].flatMap((condition) =>
    condition === undefined ? [] : conjuncts(condition),
  );
}

/** Splits "((a = 1) AND ((b = 2) OR (c = 3)))" into "a = 1" and "(b = 2) OR (c = 3)". */
function conjuncts(condition: string): string[] {
  const inside = withoutBrackets(condition);
  const parts = split(inside);
  return parts.length === 1 ? [inside] : parts.flatMap(conjuncts);
}

function split(text: string): string[] {
  const parts: string[] = [];
  let [from, depth] = [0, 0];
  for (let n = 0; n < text.length; n += 1) {
    depth += depthOf(text[n]);
    if (depth === 0 && text.startsWith(' AND ', n)) {
      parts.push(text.slice(from, n));
      from = n + ' AND '.length;
    }
  }
  return [...parts, text.slice(from)];
}

/** Removes brackets around the whole text. */
function withoutBrackets(text: string): string {
  let depth = 0;
  for (let n = 0; n < text.length; n += 1) {
    depth += depthOf(text[n]);
    if (depth === 0 && n < text.length - 1) return text;
  }
  return text.startsWith('(') ? withoutBrackets(text.slice(1, -1)) : text;
}

function depthOf(character: string | undefined): number {
  if (character === '(') return 1;
  return character === ')' ? -1 : 0;
}

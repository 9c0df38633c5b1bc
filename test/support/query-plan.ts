/** A node of what EXPLAIN (FORMAT JSON, VERBOSE) answers. */
export interface PlanNode {
  'Node Type': string;
  Operation?: string;
  'Relation Name'?: string;
  'Parent Relationship'?: string;
  'Conflict Resolution'?: string;
  'Index Cond'?: string;
  'Recheck Cond'?: string;
  Filter?: string;
  Plans?: PlanNode[];
}

/** The node and all below it. */
export function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}

/** Conditions that every row has to fulfil which a scan gives on. */
export function conditionsOf(scan: PlanNode): string[] {
  return [scan['Index Cond'], scan['Recheck Cond'], scan.Filter].flatMap((condition) =>
    condition === undefined ? [] : conjuncts(condition),
  );
}

/** "((a = 1) AND ((b = 2) OR (c = 3)))" are two: "a = 1" and "(b = 2) OR (c = 3)". */
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

/** Without those around the whole. */
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

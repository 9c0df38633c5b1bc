import { isTargetReached, type Figure, type Target } from './figure.ts';
import type { RunRecord } from './run-record.ts';
import { formatTarget, formatValue } from './value.ts';

type FigureWithTarget = Figure & { target: Target };

const WIDTH = 900;
const LEFT = 260;
const BAR_WIDTH = 430;
const RIGHT = LEFT + BAR_WIDTH + 16;
const ROW = 38;
const PANEL_HEAD = 46;
const TOP = 76;
/** The scale of a bar: its middle is the target, its end is twice the target. */
const MAX_SHARE = 2;

/** Draws every figure with a target as a bar, as SVG for light and dark pages. */
export function drawChart(record: RunRecord): string {
  const figures = record.figures.filter((figure): figure is FigureWithTarget => figure.target !== undefined);
  const panels = [
    drawPanel(
      'More is better: the bar should reach the line',
      figures.filter(({ target }) => 'at_least' in target),
    ),
    drawPanel(
      'Less is better: the bar should end before the line',
      figures.filter(({ target }) => 'at_most' in target),
    ),
  ].filter(({ height }) => height > 0);
  let y = TOP;
  const placed = panels.map(({ svg, height }) => {
    const group = `<g transform="translate(0 ${String(y)})">${svg}</g>`;
    y += height;
    return group;
  });
  const missing = Object.keys(record.failures);
  const note = missing.length === 0 ? '' : `Failed: ${missing.join(', ')}`;
  const height = y + (note === '' ? 16 : 40);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(height)}" width="${String(WIDTH)}" height="${String(height)}" role="img" aria-label="Figures of the bench against their targets">
${STYLE}
<rect class="page" width="100%" height="100%" rx="8"/>
<text class="title" x="24" y="36">Tenantry, measured against its targets</text>
<text class="minor" x="24" y="58">${escapeXml(formatSubtitle(record))}</text>
${placed.join('\n')}
<text class="minor" x="24" y="${String(y + 16)}">${note}</text>
</svg>
`;
}

function drawPanel(title: string, figures: readonly FigureWithTarget[]): { svg: string; height: number } {
  if (figures.length === 0) return { svg: '', height: 0 };
  const middle = LEFT + BAR_WIDTH / MAX_SHARE;
  const bottom = PANEL_HEAD + figures.length * ROW;
  const rows = figures.map((figure, n) => drawRow(figure, PANEL_HEAD + n * ROW));
  const svg = [
    `<text class="heading" x="24" y="28">${title}</text>`,
    `<text class="minor" x="${String(middle)}" y="36" text-anchor="middle">target</text>`,
    ...rows,
    `<line class="target" x1="${String(middle)}" x2="${String(middle)}" y1="${String(PANEL_HEAD - 4)}" y2="${String(bottom - 6)}"/>`,
  ].join('\n');
  return { svg, height: bottom + 10 };
}

function drawRow(figure: FigureWithTarget, y: number): string {
  const { name, description, value, unit, target } = figure;
  const goal = 'at_least' in target ? target.at_least : target.at_most;
  const share = Math.min(MAX_SHARE, value / goal);
  const width = Math.max(2, (share / MAX_SHARE) * BAR_WIDTH);
  const beyond = value / goal > MAX_SHARE;
  const kind = isTargetReached(figure) === true ? 'reached' : 'missed';
  const at = (dy: number): string => String(y + dy);
  return `<text class="name" x="24" y="${at(13)}">${escapeXml(name)}</text>
<text class="minor" x="24" y="${at(28)}">${escapeXml(description)}</text>
<rect class="track" x="${String(LEFT)}" y="${at(5)}" width="${String(BAR_WIDTH)}" height="20" rx="3"/>
<rect class="${kind}" x="${String(LEFT)}" y="${at(5)}" width="${width.toFixed(1)}" height="20" rx="3"/>
${beyond ? `<text class="beyond" x="${String(LEFT + BAR_WIDTH - 8)}" y="${at(20)}" text-anchor="end">›››</text>` : ''}
<text class="name" x="${String(RIGHT)}" y="${at(20)}">${formatValue(value, unit)}<tspan class="minor" dx="6">${formatTarget(target, unit)}${kind === 'missed' ? ' missed' : ''}</tspan></text>`;
}

function formatSubtitle({ made_at, commit, versions, machine, options }: RunRecord): string {
  return [
    options.smoke ? 'smoke run: these figures mean nothing' : made_at.slice(0, 10),
    `commit ${commit}`,
    `${String(machine.cores)} cores`,
    `Node ${versions.node}`,
    `PostgreSQL ${versions.postgresql}`,
  ].join(' · ');
}

/** Sets a background, because the page around the chart may have another theme than the system. */
const STYLE = `<style>
text { font-family: system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328; }
.page { fill: #ffffff; } .track { fill: #eff2f5; } .target { stroke: #1f2328; stroke-width: 1.5; }
.title { font-size: 19px; font-weight: 600; } .heading { font-size: 14px; font-weight: 600; } .name { font-size: 13px; }
.minor { font-size: 11.5px; fill: #59636e; } .reached { fill: #1a7f64; } .missed { fill: #d4691b; } .beyond { font-size: 13px; fill: #ffffff; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .page { fill: #0d1117; } .track { fill: #1c2430; } .target { stroke: #e6edf3; }
.minor { fill: #9da7b1; } .reached { fill: #2fa37f; } .missed { fill: #dd7c33; } .beyond { fill: #0d1117; }
}
</style>`;

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Curves over time in one picture: each with its name at its end, the first of them filled to its base. */
import { at, type Box, extentOf, frame, lineOf, picture, type Scale, scaleOf, ticksOf, timeTicks } from "./axes.ts";
import { html, type Markup, NOTHING } from "./markup.ts";
import { type Point, thinned } from "./thin.ts";

export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
  /** `curve-1` and on, as the style has them, or `up`, `down`, `flat`. */
  readonly kind: string;
}

export interface LineChart {
  readonly name: string;
  readonly lines: readonly Line[];
  /** From where the first curve is filled, and what is always in sight. */
  readonly floor: number;
  readonly height?: number;
  /** How a level of the axis is written; neighbours are `step` apart. */
  label(value: number, step: number): string;
  /** At the end of a curve; nothing where left out. */
  end?(value: number): string;
  /** Spans that are shaded. */
  readonly shaded?: readonly (readonly [from: number, to: number])[];
  /** Of all curves, where they must match other pictures. */
  readonly span?: readonly [number, number];
}

const POINTS_MAX = 1_200;
const TICKS = 10;

export function lineChart(chart: LineChart): Markup {
  const lines = chart.lines
    .map((line) => ({ ...line, points: thinned(line.points, POINTS_MAX) }))
    .filter(({ points }) => points.length > 1);
  if (lines.length === 0) return NOTHING;
  const box: Box = { width: 960, height: chart.height ?? 260, left: 74, right: 88, top: 12, bottom: 24 };
  const span = chart.span ?? spanOf(lines);
  const extent = extentOf([chart.floor, ...lines.flatMap(({ points }) => points.map(([, value]) => value))], 0.06);
  const x = scaleOf(span, [box.left, box.width - box.right]);
  const y = scaleOf(extent, [box.height - box.bottom, box.top]);
  const ticks = ticksOf(extent, (chart.height ?? 260) > 200 ? 6 : 4);
  const step = (ticks[1] ?? extent[1]) - (ticks[0] ?? extent[0]);
  const levels = ticks.map((value) => ({ value, label: chart.label(value, step) }));
  const shaded = (chart.shaded ?? []).map(
    ([from, to]) =>
      html`<rect class="held" x="${at(x(from))}" y="${box.top}" width="${at(Math.max(1, x(to) - x(from)))}" height="${box.height - box.top - box.bottom}"/>`,
  );
  const base = html`<line class="zero" x1="${box.left}" x2="${box.width - box.right}" y1="${at(y(chart.floor))}" y2="${at(y(chart.floor))}"/>`;
  const drawn = lines.map((line, index) => pathOf(line, { x, y, floor: index === 0 ? chart.floor : undefined }));
  const content = html`${shaded}${frame(box, { x, y, times: timeTicks(span, TICKS), levels })}${base}${drawn}${endsOf(lines, { ...chart, x, y })}`;
  return picture(box, chart.name, content);
}

function spanOf(lines: readonly Line[]): [number, number] {
  const starts = lines.map(({ points }) => points[0]![0]);
  const ends = lines.map(({ points }) => points.at(-1)![0]);
  return [Math.min(...starts), Math.max(...ends)];
}

interface Scales {
  readonly x: Scale;
  readonly y: Scale;
}

function pathOf({ points, kind, name }: Line, { x, y, floor }: Scales & { floor: number | undefined }): Markup {
  const line = lineOf(points.map(([ts, value]) => [x(ts), y(value)]));
  const [first, last] = [points[0]!, points.at(-1)!];
  const area =
    floor !== undefined &&
    html`<path class="area ${kind}" d="${line}L${at(x(last[0]))} ${at(y(floor))}L${at(x(first[0]))} ${at(y(floor))}Z"/>`;
  return html`${area}<path class="line ${kind}" d="${line}"><title>${name}</title></path>`;
}

const LABEL_HEIGHT = 12;
/** What would lie over the label of an earlier curve is left out. */
function endsOf(lines: readonly Line[], { x, y, end }: Scales & Pick<LineChart, "end">): Markup[] {
  if (!end) return [];
  const taken: number[] = [];
  return lines.flatMap(({ points, kind }) => {
    const [ts, value] = points.at(-1)!;
    const place = y(value) + 3.5;
    if (taken.some((other) => Math.abs(other - place) < LABEL_HEIGHT)) return [];
    taken.push(place);
    return [html`<text class="end ${kind}" x="${at(x(ts) + 6)}" y="${at(place)}">${end(value)}</text>`];
  });
}

/** As many digits as tell values apart that differ by `step`. */
export const digitsFor = (step: number): number =>
  step > 0 && Number.isFinite(step) ? Math.min(8, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9))) : 0;

/** The names of curves beside their colours. */
export const keyOf = (lines: readonly Pick<Line, "name" | "kind">[]): Markup =>
  html`<ul class="key">${lines.map(({ name, kind }) => html`<li class="${kind}"><i></i>${name}</li>`)}</ul>`;

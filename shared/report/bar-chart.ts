/** Bars to both sides of zero, each with its name and its figure. */
import { at, type Box, extentOf, picture, scaleOf } from "./axes.ts";
import { toneOf } from "./figures.ts";
import { html, type Markup, NOTHING } from "./markup.ts";

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly label: string;
  readonly isMain?: boolean;
  /** Default: by the sign of its value. */
  readonly tone?: string;
}
const ROW = 20;
const NAMES = 190;
const VALUES = 120;

/** Bars to both sides of zero, one a row. */
export function barChart(name: string, rows: readonly Row[]): Markup {
  if (rows.length === 0) return NOTHING;
  const box: Box = { width: 640, height: rows.length * ROW + 8, left: NAMES, right: VALUES, top: 4, bottom: 4 };
  const x = scaleOf(extentOf([0, ...rows.map(({ value }) => value)], 0), [box.left, box.width - box.right]);
  const drawn = rows.map((row, index) => {
    const top = box.top + index * ROW;
    const [from, to] = [Math.min(x(0), x(row.value)), Math.max(x(0), x(row.value))];
    return html`<text class="${row.isMain ? "name main" : "name"}" x="${NAMES - 8}" y="${top + 14}" text-anchor="end">${row.name}</text>
<rect class="part ${row.tone ?? toneOf(row.value)}${row.isMain ? " main" : ""}" x="${at(from)}" y="${top + 4}" width="${at(Math.max(1, to - from))}" height="${ROW - 8}"/>
<text class="${row.isMain ? "value main" : "value"}" x="${box.width - VALUES + 8}" y="${top + 14}">${row.label}</text>`;
  });
  const zero = html`<line class="zero" x1="${at(x(0))}" x2="${at(x(0))}" y1="${box.top}" y2="${box.height - box.bottom}"/>`;
  return picture(box, name, html`${drawn}${zero}`);
}

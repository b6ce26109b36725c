/** How values are spread: bars of equal width along an axis, those below zero and above it in their own colours. */
import { at, type Box, frame, picture, scaleOf, ticksOf } from "./axes.ts";
import { html, type Markup, NOTHING } from "./markup.ts";

export interface Histogram {
  readonly name: string;
  readonly values: readonly number[];
  /** About so many bars. */
  readonly bars?: number;
  /** Under the axis. */
  readonly unit: string;
  label(value: number): string;
  /** Values are neither good nor bad. */
  readonly isPlain?: boolean;
}

const BARS = 30;
const BOX: Box = { width: 460, height: 210, left: 46, right: 12, top: 10, bottom: 40 };
const MARKS = 6;

/** What lies further out than all but one in a hundred is counted in the bars at the ends. */
export function histogram({ name, values, bars = BARS, unit, label, isPlain = false }: Histogram): Markup {
  if (values.length === 0) return NOTHING;
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [quantile(sorted, 0.01), quantile(sorted, 0.99)];
  const width = niceWidth(high - low || Math.abs(high) || 1, bars);
  const start = Math.floor(low / width);
  const counts = new Array<number>(Math.max(1, Math.floor(high / width) - start + 1)).fill(0);
  for (const value of values) {
    const place = Math.min(counts.length - 1, Math.max(0, Math.floor(value / width) - start));
    counts[place] = counts[place]! + 1;
  }
  const extent: [number, number] = [start * width, (start + counts.length) * width];
  const x = scaleOf(extent, [BOX.left, BOX.width - BOX.right]);
  const y = scaleOf([0, Math.max(...counts) * 1.05], [BOX.height - BOX.bottom, BOX.top]);
  const drawn = counts.map((count, index) => {
    const from = extent[0] + index * width;
    const tone = isPlain ? "plain" : from + width / 2 < 0 ? "down" : "up";
    const title = html`<title>${`${label(from)} to ${label(from + width)}: ${count}`}</title>`;
    return html`<rect class="part ${tone}" x="${at(x(from) + 0.5)}" y="${at(y(count))}" width="${at(Math.max(1, x(from + width) - x(from) - 1))}" height="${at(y(0) - y(count))}">${title}</rect>`;
  });
  const levels = ticksOf([0, Math.max(...counts)], 4).filter(Number.isInteger);
  const marks = ticksOf(extent, MARKS).map(
    (value) =>
      html`<text class="axis" x="${at(x(value))}" y="${BOX.height - BOX.bottom + 14}" text-anchor="middle">${label(value)}</text>`,
  );
  const under = html`<text class="axis" x="${(BOX.left + BOX.width - BOX.right) / 2}" y="${BOX.height - 6}" text-anchor="middle">${unit}</text>`;
  const axes = frame(BOX, { x, y, times: [], levels: levels.map((value) => ({ value, label: String(value) })) });
  return picture(BOX, name, html`${axes}${drawn}${marks}${under}`);
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))]!;

/** 1, 2 or 5 times a power of ten. */
function niceWidth(range: number, bars: number): number {
  const rough = range / bars;
  const power = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((step) => step * power >= rough) ?? 10) * power;
}

/** What all charts share: scales from values to places, round ticks, and a frame with both axes. */
import { html, type Markup } from "./markup.ts";

export interface Box {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}
export type Scale = (value: number) => number;

/** From [from, to] to places; one value alone lies in the middle. */
export function scaleOf([from, to]: readonly [number, number], [start, end]: readonly [number, number]): Scale {
  if (!(to > from)) return () => (start + end) / 2;
  return (value) => start + ((value - from) / (to - from)) * (end - start);
}

/** The extent of values with some room at both ends; of none [0, 1]. */
export function extentOf(values: readonly number[], room = 0.05): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const more = (high - low || Math.abs(high) || 1) * room;
  return [low - more, high + more];
}

/** About `count` round values within the extent: steps of 1, 2 or 5 times a power of ten. */
export function ticksOf([from, to]: readonly [number, number], count: number): number[] {
  const rough = (to - from) / count;
  if (!(rough > 0) || !Number.isFinite(rough)) return [];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step);
  const last = Math.floor(to / step);
  return Array.from({ length: Math.min(last - first + 1, 4 * count) }, (_, at) => (first + at) * step);
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const TIME_STEPS_MS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 7_200, 14_400].map(
  (minutes) => minutes * MINUTE_MS,
);
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120];
const MONTH_MS = 30 * DAY_MS;

/** Times on whole minutes, hours, days, months or years, at most about `count`. */
export function timeTicks([from, to]: readonly [number, number], count: number): number[] {
  const step = TIME_STEPS_MS.find((each) => (to - from) / each <= count);
  if (step === undefined) return monthTicks([from, to], count);
  const first = Math.ceil(from / step);
  const last = Math.min(Math.floor(to / step), first + 4 * count);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => (first + at) * step);
}

function monthTicks([from, to]: readonly [number, number], count: number): number[] {
  const months = MONTH_STEPS.find((each) => (to - from) / (each * MONTH_MS) <= count) ?? (MONTH_STEPS.at(-1) as number);
  const start = new Date(from);
  const first = Math.floor(((start.getUTCFullYear() - 1970) * 12 + start.getUTCMonth()) / months) * months;
  const ticks = Array.from({ length: 2 * count + 2 }, (_, at) => Date.UTC(1970, first + at * months));
  return ticks.filter((ts) => ts >= from && ts <= to);
}

/** The hour and minute; the day where it begins. */
const timeLabel = (ts: number): string =>
  ts % DAY_MS === 0 ? new Date(ts).toISOString().slice(5, 10) : new Date(ts).toISOString().slice(11, 16);
/** Months for ticks that lie months apart. */
const tickLabel = (ts: number, apart: number): string =>
  apart > MONTH_MS - 3 * DAY_MS ? new Date(ts).toISOString().slice(0, 7) : timeLabel(ts);

/** A place on the page: a tenth of a point is finer than anybody sees. */
export const at = (place: number): string => (Number.isFinite(place) ? String(Math.round(place * 10) / 10) : "0");

export interface Axes {
  readonly x: Scale;
  readonly y: Scale;
  readonly times: readonly number[];
  readonly levels: readonly { readonly value: number; readonly label: string }[];
}

/** Lines and labels of both axes. */
export function frame(box: Box, { x, y, times, levels }: Axes): Markup {
  const { width, height, left, right, bottom } = box;
  const rows = levels.map(
    ({
      value,
      label,
    }) => html`<line class="grid" x1="${at(left)}" x2="${at(width - right)}" y1="${at(y(value))}" y2="${at(y(value))}"/>
<text class="axis" x="${at(left - 6)}" y="${at(y(value) + 3.5)}" text-anchor="end">${label}</text>`,
  );
  const apart = (times[1] ?? 0) - (times[0] ?? 0);
  const columns = times.map(
    (ts) =>
      html`<text class="axis" x="${at(x(ts))}" y="${at(height - bottom + 14)}" text-anchor="middle">${tickLabel(ts, apart)}</text>`,
  );
  return html`${rows}${columns}`;
}

/** A picture with a name for those who do not see it. */
export const picture = ({ width, height }: Box, name: string, content: Markup): Markup =>
  html`<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}" preserveAspectRatio="xMidYMid meet">${content}</svg>`;

/** Points as a path; a gap in the values is a gap in the line. */
export const lineOf = (points: readonly (readonly [x: number, y: number])[]): string =>
  points.map(([x, y], index) => `${index === 0 ? "M" : "L"}${at(x)} ${at(y)}`).join("");

/** Draws two surveys beside each other as one SVG: a row for each instrument, a chart for each thing a market does. */
import { LEVELS, PARTS, type Profile } from "./survey.ts";

export interface Pair {
  readonly recorded: Profile;
  readonly agents: Profile;
}

interface Chart {
  readonly title: string;
  readonly values: (profile: Profile) => readonly number[];
  readonly labels: readonly string[];
  readonly log: boolean;
}

const PART_LABELS = PARTS.map((part) => `${part * 100}%`);
const numbers = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at + 1));
const LAGS_SHOWN = 20;

const CHARTS: readonly Chart[] = [
  { title: "spread, bps", values: ({ spread_bps }) => spread_bps, labels: PART_LABELS, log: false },
  { title: "depth by level, USDT", values: ({ depth_usdt }) => depth_usdt, labels: numbers(LEVELS), log: true },
  { title: "|return| 1 s, in deviations", values: ({ tail }) => tail, labels: PART_LABELS, log: false },
  {
    title: "autocorrelation of |return|, lag s",
    values: ({ volatility_acf }) => volatility_acf.slice(0, LAGS_SHOWN),
    labels: numbers(LAGS_SHOWN),
    log: false,
  },
  { title: "trade size, USDT", values: ({ trade_usdt }) => trade_usdt, labels: PART_LABELS, log: true },
  {
    title: "autocorrelation of taker side, lag trades",
    values: ({ side_acf }) => side_acf.slice(0, LAGS_SHOWN),
    labels: numbers(LAGS_SHOWN),
    log: false,
  },
];

const WIDTH = 230;
const HEIGHT = 150;
const GAP = { x: 44, y: 62 };
const MARGIN = { x: 46, top: 74 };
const RECORDED = "#1f6feb";
const AGENTS = "#d9480f";
const INK = "#333";

/** Self-contained SVG text; instruments one below the other. */
export function drawSurveys(pairs: readonly Pair[], subtitle: string): string {
  const width = MARGIN.x + CHARTS.length * (WIDTH + GAP.x);
  const height = MARGIN.top + pairs.length * (HEIGHT + GAP.y);
  const rows = pairs.map((pair, row) => {
    const top = MARGIN.top + row * (HEIGHT + GAP.y);
    const charts = CHARTS.map((chart, column) => {
      const left = MARGIN.x + column * (WIDTH + GAP.x);
      return `<g transform="translate(${left} ${top})">${drawChart(chart, pair)}</g>`;
    });
    return `${charts.join("")}${text(figures(pair), { x: MARGIN.x, y: top + HEIGHT + 34, size: 11 })}`;
  });
  const key =
    `<rect x="${width - 260}" y="18" width="10" height="10" fill="${RECORDED}"/>` +
    text("recorded", { x: width - 245, y: 27, size: 12 }) +
    `<rect x="${width - 160}" y="18" width="10" height="10" fill="${AGENTS}"/>` +
    text("agents", { x: width - 145, y: 27, size: 12 });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif">` +
    "<title>A recorded market and the agents' market</title>" +
    `<rect width="${width}" height="${height}" fill="#fff"/>` +
    text("A recorded market and the agents' market", { x: MARGIN.x, y: 28, size: 16 }) +
    text(subtitle, { x: MARGIN.x, y: 46, size: 11 }) +
    `${key}${rows.join("")}</svg>\n`
  );
}

/** What is one number each. */
function figures({ recorded, agents }: Pair): string {
  const both = (name: string, of: (profile: Profile) => number): string =>
    `${name} ${shown(of(recorded))} / ${shown(of(agents))}`;
  return [
    `${recorded.instrument}, recorded / agents:`,
    both("return 1 s bps", (of) => of.return_bps.s1),
    both("10 s", (of) => of.return_bps.s10),
    both("excess kurtosis 1 s", (of) => of.excess_kurtosis.s1),
    both("seconds without a move", (of) => of.still),
    both("trades/s", (of) => of.trades_per_s),
    both("variance/mean of trades per s", (of) => of.burstiness),
  ].join("   ");
}

export const shown = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(2)));

function drawChart({ title, values, labels, log }: Chart, { recorded, agents }: Pair): string {
  const lines = [values(recorded), values(agents)];
  const scale = (value: number): number => (log ? Math.log10(Math.max(value, 1)) : value);
  const all = lines.flat().map(scale).filter(Number.isFinite);
  const low = Math.min(log ? Math.min(...all) : 0, ...all);
  const high = Math.max(...all, low + 1e-9);
  const y = (value: number): number => HEIGHT - ((scale(value) - low) / (high - low)) * HEIGHT;
  const x = (at: number): number => (at / Math.max(1, labels.length - 1)) * WIDTH;
  const path = (line: readonly number[], colour: string): string => {
    const points = line.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
    return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.8"/>`;
  };
  const edge = log ? 10 ** high : high;
  const floor = log ? 10 ** low : low;
  const every = labels.length > 8 ? 5 : 1;
  const marks = labels
    .map((label, at) =>
      (at + 1) % every === 0 || every === 1 ? text(label, { x: x(at) - 6, y: HEIGHT + 14, size: 9 }) : "",
    )
    .join("");
  return (
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="none" stroke="#ccc"/>` +
    text(title, { x: 0, y: -6, size: 12 }) +
    text(shown(edge), { x: -40, y: 9, size: 9 }) +
    text(shown(floor), { x: -40, y: HEIGHT, size: 9 }) +
    `${marks}${path(lines[0] ?? [], RECORDED)}${path(lines[1] ?? [], AGENTS)}`
  );
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function text(content: string, { x, y, size }: { x: number; y: number; size: number }): string {
  const safe = content.replace(/[&<>]/g, (sign) => ESCAPES[sign] ?? sign);
  return `<text x="${x.toFixed(1)}" y="${y}" font-size="${size}" fill="${INK}">${safe}</text>`;
}

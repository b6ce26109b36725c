/** Raw Binance frames for benchmarks: recorded ones where there is a folder of them, generated ones of the same shape. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "../../shared/adapters/random.ts";
import type { Random } from "../../shared/kit/ports.ts";

/** A book as Binance's REST gives it, for the updates to continue. */
export interface BookSnapshot {
  lastUpdateId: number;
  bids: [string, string][];
  asks: [string, string][];
}
export interface FrameSet {
  what: string;
  kind: "trade" | "depth";
  snapshot: BookSnapshot;
  frames: string[];
}

const BOOK_LEVELS = 1_000;
const MID_TICKS = 600_000;
const START_TS = Date.UTC(2024, 7, 8);

const price = (ticks: number): string => (ticks / 10).toFixed(2);
const quantity = (random: Random): string => (random.next() * 5 + 0.001).toFixed(3);
const wrap = (stream: string, data: unknown): string => JSON.stringify({ stream: `btcusdt@${stream}`, data });

/** `BOOK_LEVELS` a side around a mid that stays. */
function generatedSnapshot(random: Random): BookSnapshot {
  const side = (direction: 1 | -1) =>
    Array.from({ length: BOOK_LEVELS }, (_, i): [string, string] => [
      price(MID_TICKS + direction * (i + 1)),
      quantity(random),
    ]);
  return { lastUpdateId: 1_000, bids: side(-1), asks: side(1) };
}

export function generatedDepth(count: number, levels: number): FrameSet {
  const random = seededRandom(`depth ${levels}`);
  const snapshot = generatedSnapshot(random);
  const frames: string[] = [];
  /** Mostly near the touch, as in a real book; three in ten empty their level. */
  const rows = (direction: 1 | -1): [string, string][] => {
    const chosen = new Set<number>();
    while (chosen.size < levels) chosen.add(1 + Math.floor(random.next() ** 3 * BOOK_LEVELS));
    const ticks = [...chosen].map((distance) => MID_TICKS + direction * distance).sort((a, b) => a - b);
    return ticks.map((at) => [price(at), random.int(10) < 3 ? "0.000" : quantity(random)]);
  };
  let last = snapshot.lastUpdateId;
  for (let i = 0; i < count; i++) {
    const ts = START_TS + i * 100;
    const chain = { U: last + 1, u: last + 2 * levels, pu: last };
    last = chain.u;
    const said = { e: "depthUpdate", E: ts, T: ts - 1, s: "BTCUSDT", ...chain, b: rows(-1), a: rows(1) };
    frames.push(wrap("depth@100ms", said));
  }
  return { what: `depth, generated, ${levels} + ${levels} levels`, kind: "depth", snapshot, frames };
}

export function generatedTrades(count: number): FrameSet {
  const random = seededRandom("trades");
  const frames = Array.from({ length: count }, (_, i) => {
    const ts = START_TS + i * 10;
    const what = { t: 5_266_583_935 + i, p: price(MID_TICKS + random.int(100) - 50), q: quantity(random) };
    return wrap("trade", { e: "trade", E: ts, T: ts, s: "BTCUSDT", ...what, X: "MARKET", m: random.int(2) === 0 });
  });
  return { what: "trade, generated", kind: "trade", snapshot: generatedSnapshot(random), frames };
}

/** Where the recorded USDⓈ-M market of BTCUSDT lies, if `CHIMERA_MARKET_DATA` names a folder that has it. */
export function recordedFile(): string | undefined {
  const folder = process.env.CHIMERA_MARKET_DATA;
  const file = folder === undefined ? "" : join(folder, "depth", "usdm__btcusdt_20240808.gz");
  return existsSync(file) ? file : undefined;
}

/** The recording's trades, and its book updates from the recorded snapshot on. */
export function recordedFrames(file: string, countMax: number): FrameSet[] {
  const lines = new TextDecoder()
    .decode(Bun.gunzipSync(readFileSync(file)))
    .trimEnd()
    .split("\n");
  const texts = lines.map((line) => line.slice(line.indexOf(" ") + 1));
  const at = texts.findIndex((text) => text.startsWith('{"lastUpdateId"'));
  if (at < 0) throw new Error(`${file} holds no book snapshot.`);
  const snapshot = JSON.parse(texts[at]!) as BookSnapshot;
  const trades = texts.filter((text) => text.includes('@trade"')).slice(0, countMax);
  const depths = texts.filter((text) => text.includes('"depthUpdate"'));
  const follows = depths.findIndex(
    (text) => (JSON.parse(text) as { data: { u: number } }).data.u >= snapshot.lastUpdateId,
  );
  const frames = depths.slice(follows, follows + countMax);
  const levels = frames.reduce((sum, text) => sum + text.split('","').length - 1, 0) / frames.length;
  return [
    { what: "trade, recorded", kind: "trade", snapshot, frames: trades },
    { what: `depth, recorded, ${levels.toFixed(0)} levels on average`, kind: "depth", snapshot, frames },
  ];
}

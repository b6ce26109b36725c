/** Factors as they come: the newest of one instrument, and a short past of each for its small picture. */
import type { FeatureSet, FeatureValues } from "../../../../shared/domain/decision.ts";

export interface Point {
  /** Exchange time, epoch ms. */
  readonly ts: number;
  readonly value: number | null;
}
export interface FactorTracks {
  readonly instrument: string;
  readonly latest: FeatureSet | undefined;
  readonly tracks: Readonly<Record<string, readonly Point[]>>;
}

export const TRACK_MS = 15 * 60_000;
/** Features come several times a second: a picture needs no more than this. */
const STEP_MS = 3_000;

export const noTracks = (instrument: string): FactorTracks => ({ instrument, latest: undefined, tracks: {} });

/** Others' and older ones change nothing. */
export function foldFeatures(state: FactorTracks, set: FeatureSet): FactorTracks {
  if (set.instrument !== state.instrument || set.exch_ts < (state.latest?.exch_ts ?? 0)) return state;
  const tracks = { ...state.tracks };
  for (const [id, value] of Object.entries(set.values)) {
    const track = tracks[id] ?? [];
    const last = track.at(-1);
    if (last && set.exch_ts - last.ts < STEP_MS) continue;
    tracks[id] = [...track.filter(({ ts }) => ts > set.exch_ts - TRACK_MS), { ts: set.exch_ts, value }];
  }
  return { ...state, latest: set, tracks };
}

/** What was kept of the time before is put under what was heard; it may come again. */
export function withPast(state: FactorTracks, kept: readonly { ts: number; values: FeatureValues }[]): FactorTracks {
  const tracks = { ...state.tracks };
  const ids = new Set(kept.flatMap(({ values }) => Object.keys(values)));
  for (const id of ids) {
    const heard = tracks[id] ?? [];
    const until = heard[0]?.ts ?? Number.POSITIVE_INFINITY;
    const past = kept.flatMap(({ ts, values }) =>
      ts < until && id in values ? [{ ts, value: values[id] ?? null }] : [],
    );
    tracks[id] = [...past, ...heard];
  }
  return { ...state, tracks };
}

export const SPARK = { width: 120, height: 22 } as const;
const PAD = 2;

export interface Spark {
  /** One line for each stretch without a hole, as SVG points. */
  readonly lines: readonly string[];
  readonly low: number;
  readonly high: number;
}

/** The last quarter of an hour up to `toTs`, from the least to the greatest that was seen; undefined without a value. */
export function sparkOf(points: readonly Point[], toTs: number): Spark | undefined {
  const shown = points.filter(({ ts }) => ts > toTs - TRACK_MS && ts <= toTs);
  const values = shown.flatMap(({ value }) => (value === null ? [] : [value]));
  if (values.length === 0) return undefined;
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = SPARK.height - 2 * PAD;
  const yOf = (value: number) => (high === low ? SPARK.height / 2 : PAD + ((high - value) / (high - low)) * room);
  const lines: string[][] = [[]];
  for (const { ts, value } of shown) {
    if (value === null) lines.push([]);
    else lines.at(-1)?.push(`${round(((ts - toTs) / TRACK_MS + 1) * SPARK.width)},${round(yOf(value))}`);
  }
  return { lines: lines.filter((line) => line.length > 0).map((line) => line.join(" ")), low, high };
}
const round = (value: number): number => Math.round(value * 10) / 10;

/** Where in its range a value stands, 0 to 1; undefined where the range is open. */
export function placeIn(value: number | null | undefined, [low, high]: readonly [number | null, number | null]) {
  if (value === null || value === undefined || low === null || high === null || high <= low) return undefined;
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}

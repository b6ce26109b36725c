import { expect, test } from "bun:test";
import type { FeatureSet, FeatureValues } from "../../../../shared/domain/decision.ts";
import { foldFeatures, noTracks, placeIn, SPARK, sparkOf, TRACK_MS, withPast } from "./factor-track.ts";

const FUT = "FUT:BTCUSDT";
const set = (exch_ts: number, obi: number | null, change: Partial<FeatureSet> = {}): FeatureSet => ({
  ...{ instrument: FUT, ts: exch_ts, exch_ts, values: { obi }, stale: false, quality: [], config_rev: 1 },
  ...change,
});
const T = 10 * TRACK_MS;

test("the newest is kept at once, its past in steps and for a quarter of an hour", () => {
  let state = foldFeatures(noTracks(FUT), set(T, 0.1));
  state = foldFeatures(state, set(T + 100, 0.2));
  expect(state.latest?.values.obi).toBe(0.2);
  expect(state.tracks.obi).toEqual([{ ts: T, value: 0.1 }]);
  state = foldFeatures(state, set(T + TRACK_MS, 0.3));
  expect(state.tracks.obi?.map(({ value }) => value)).toEqual([0.3]);
});

test("other instruments and older features change nothing", () => {
  const state = foldFeatures(noTracks(FUT), set(T, 0.1));
  expect(foldFeatures(state, set(T + 5_000, 0.9, { instrument: "SPOT:BTCUSDT" }))).toBe(state);
  expect(foldFeatures(state, set(T - 1, 0.9))).toBe(state);
});

test("what was kept goes under what was heard, once", () => {
  const heard = foldFeatures(noTracks(FUT), set(T, 0.5));
  const kept: { ts: number; values: FeatureValues }[] = [
    { ts: T - 60_000, values: { obi: 0.1, atr: 2 } },
    { ts: T, values: { obi: 0.4 } },
  ];
  const state = withPast(withPast(heard, kept), kept);
  expect(state.tracks.obi?.map(({ value }) => value)).toEqual([0.1, 0.5]);
  expect(state.tracks.atr).toHaveLength(1);
});

test("a small picture runs from left to right and from its least to its greatest, broken where nothing was known", () => {
  const at = (share: number, value: number | null) => ({ ts: T - TRACK_MS * (1 - share), value });
  const spark = sparkOf([at(0.25, 1), at(0.5, 3), at(0.6, null), at(1, 2), at(1.1, 99)], T);
  expect(spark).toMatchObject({ low: 1, high: 3 });
  expect(spark?.lines).toEqual([
    `${SPARK.width / 4},${SPARK.height - 2} ${SPARK.width / 2},2`,
    `${SPARK.width},${SPARK.height / 2}`,
  ]);
  expect(sparkOf([at(0.5, null)], T)).toBeUndefined();
  expect(sparkOf([at(0.5, 7), at(1, 7)], T)?.lines[0]).toEndWith(`,${SPARK.height / 2}`);
});

test("a place in a range needs both its ends", () => {
  expect([placeIn(0, [-1, 1]), placeIn(9, [0, 1]), placeIn(-9, [0, 1])]).toEqual([0.5, 1, 0]);
  expect([placeIn(null, [0, 1]), placeIn(1, [0, null]), placeIn(1, [1, 1])]).toEqual([undefined, undefined, undefined]);
});

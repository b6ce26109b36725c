/** Inputs chosen from what signals carry, and rows made of them as the model will be asked. */
import { expect, test } from "bun:test";
import { InputCensus, type LabelledSignal, RowMaker } from "./training-rows.ts";

const signal = (values: LabelledSignal["values"], over: Partial<LabelledSignal> = {}): LabelledSignal => ({
  ...{ signal_id: "s", from_ts: 1, to_ts: 2, side: 1, positive: true, counterfactual: false, values, ...over },
});
function chosen(signals: readonly LabelledSignal[]) {
  const census = new InputCensus();
  for (const each of signals) census.add(each);
  return census.choose();
}

function madeOf(signals: readonly LabelledSignal[], features: readonly string[]): RowMaker {
  const made = new RowMaker(features);
  for (const each of signals) made.add(each);
  return made;
}

test("taken is what nearly always has a value and varies, prices and strangers apart, and the side", () => {
  const signals = Array.from({ length: 20 }, (_, i) =>
    signal(
      {
        ...{ obi_5: i / 10, rsi_14_1m: i === 0 ? null : i, atr_14_1m: i < 3 ? null : i, spread_bps: 0.1 },
        ...{ mid: 60_000 + i, ema_8_1m: i, "close_1m@SPOT:BTCUSDT": i, bygone: i, ret_10s: i === 4 ? 1e39 : i },
      },
      { side: i % 2 === 0 ? 1 : -1 },
    ),
  );
  expect(chosen(signals)).toEqual({
    features: ["obi_5", "ret_10s", "rsi_14_1m", "side"],
    dropped: [
      { feature: "atr_14_1m", why: "a value in 85 % of the signals" },
      { feature: "bygone", why: "no factor any more" },
      { feature: "close_1m@SPOT:BTCUSDT", why: "a price" },
      { feature: "ema_8_1m", why: "a price" },
      { feature: "mid", why: "a price" },
      { feature: "spread_bps", why: "never varies" },
    ],
  });
  const made = madeOf(signals, ["atr_14_1m", "rsi_14_1m", "obi_5", "ret_10s", "side"]);
  expect([made.rows.length, made.left_out]).toEqual([16, 4]);
  expect(made.missing()).toEqual([
    { feature: "atr_14_1m", count: 3 },
    { feature: "ret_10s", count: 1 },
    { feature: "rsi_14_1m", count: 1 },
  ]);
});

test("one side alone is no input, and of too many factors those with the most values are taken", () => {
  const many = Object.fromEntries(Array.from({ length: 210 }, (_, i) => [`rsi_${i + 2}_1m`, i]));
  const second = Object.fromEntries(Object.entries(many).map(([id, value]) => [id, value + 1]));
  const signals = [
    ...Array.from({ length: 18 }, () => signal(many)),
    signal(second),
    signal({ ...second, rsi_2_1m: null }),
  ];
  const { features, dropped } = chosen(signals);
  expect(features).toHaveLength(199);
  expect(features).not.toContain("rsi_2_1m");
  expect(dropped.filter(({ why }) => why === "beyond 200 inputs")).toHaveLength(11);
  expect(dropped.at(-1)).toEqual({ feature: "side", why: "never varies" });
  expect(new InputCensus().choose().features).toEqual([]);
});

test("a row is what the model will be given: 32-bit floats in its order, none where a value is missing", () => {
  const signals = [signal({ obi_5: 0.1, ret_10s: 2 }, { side: -1 }), signal({ obi_5: null, ret_10s: 2 }), signal({})];
  const { rows } = madeOf(signals, ["ret_10s", "side", "obi_5"]);
  expect(rows.map(({ inputs }) => inputs)).toEqual([[2, -1, Math.fround(0.1)]]);
  expect(rows[0]).not.toHaveProperty("values");
});

test("the hash is of all that is learnt from, and of nothing else", () => {
  const hashOf = (signals: LabelledSignal[], features = ["obi_5"]) => madeOf(signals, features).hash();
  const [one, two] = [signal({ obi_5: 1 }), signal({ obi_5: 2 })];
  const hash = hashOf([one, two]);
  expect(hashOf([signal({ obi_5: 1, mid: 3 }), two])).toBe(hash);
  expect(hashOf([one, signal({ obi_5: null }), two])).toBe(hash);
  const others = [
    hashOf([two, one]),
    hashOf([one, two], ["obi_5", "side"]),
    hashOf([one, signal({ obi_5: 2 }, { positive: false })]),
    hashOf([one, signal({ obi_5: 2 }, { to_ts: 3 })]),
    hashOf([one, signal({ obi_5: 2 }, { signal_id: "other" })]),
  ];
  expect(new Set([hash, ...others]).size).toBe(6);
});

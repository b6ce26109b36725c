import { describe, expect, test } from "bun:test";
import Big from "decimal.js";
import fc from "fast-check";
import { dec, show } from "../../domain/money.ts";
import { type FundingTime, imagine } from "./counterfactual.ts";
import { MINUTE_MS as M, type MinuteBar } from "./price-path.ts";

/** A long of 0.01 at 60 000 with its stop at 59 900 and its target at 60 200; a taker pays 0.05 %. */
const LONG = {
  side: "BUY",
  ...{ qty: dec("0.01"), entry: dec("60000"), margin: dec("30"), takerFee: dec("0.0005") },
  ...{ stop: dec("59900"), target: dec("60200") },
} as const;
const SHORT = { ...LONG, side: "SELL", stop: dec("60100"), target: dec("59800") } as const;

/** Open, high, low, close of each minute from the first on. */
type Prices = readonly [number, number, number, number];
const barsOf = (...minutes: Prices[]): MinuteBar[] =>
  minutes.map(([open, high, low, close], at) => ({
    ...{ open_ts: at * M, open: String(open), high: String(high), low: String(low), close: String(close) },
  }));
const CALM: Prices = [60_000, 60_050, 59_950, 60_010];

function endOf(plan: typeof LONG | typeof SHORT, minutes: Prices[], funding: FundingTime[] = []) {
  const bars = barsOf(...minutes);
  const ended = imagine(plan, { from: 0, to: bars.length * M, bars, funding });
  const { how, at, price, gross, fees, funding: paid } = ended;
  return [how, at / M, show(price), show(gross), show(fees), show(paid)];
}

describe("where it ends", () => {
  const cases: [string, typeof LONG | typeof SHORT, Prices[], string, number, string, string, string][] = [
    // 0.01 · 10 = 0.1; fees 0.01 · (60 000 + 60 010) · 0.0005 = 0.60005
    ["open at the horizon", LONG, [CALM, CALM], "mark", 2, "60010", "0.1", "0.60005"],
    // 0.01 · −100 = −1; 0.01 · (60 000 + 59 900) · 0.0005 = 0.5995
    ["stop", LONG, [CALM, [60_010, 60_050, 59_900, 59_950]], "stop", 2, "59900", "-1", "0.5995"],
    // 0.01 · 200 = 2; 0.01 · 120 200 · 0.0005 = 0.601
    ["target", LONG, [CALM, [60_010, 60_200, 59_950, 60_100]], "take_profit", 2, "60200", "2", "0.601"],
    ["both in one minute: the stop", LONG, [[60_000, 60_300, 59_800, 60_100]], "stop", 1, "59900", "-1", "0.5995"],
    // Opens below the stop: 0.01 · −250 = −2.5; 0.01 · 119 750 · 0.0005 = 0.59875
    ["a gap through the stop", LONG, [CALM, [59_750, 60_300, 59_700, 60_000]], "stop", 2, "59750", "-2.5", "0.59875"],
    ["a gap to the target", LONG, [CALM, [60_500, 60_600, 59_000, 60_000]], "take_profit", 2, "60200", "2", "0.601"],
    // A short: 0.01 · (60 000 − 60 100) = −1; 0.01 · 120 100 · 0.0005 = 0.6005
    ["a short's stop", SHORT, [CALM, [60_010, 60_100, 59_950, 60_050]], "stop", 2, "60100", "-1", "0.6005"],
    // 0.01 · 200 = 2; 0.01 · 119 800 · 0.0005 = 0.599
    ["a short's target", SHORT, [CALM, [60_010, 60_050, 59_790, 59_900]], "take_profit", 2, "59800", "2", "0.599"],
    ["a short's both: the stop", SHORT, [[60_000, 60_300, 59_700, 60_100]], "stop", 1, "60100", "-1", "0.6005"],
    ["a short open at the horizon", SHORT, [CALM], "mark", 1, "60010", "-0.1", "0.60005"],
  ];
  for (const [what, plan, minutes, how, minute, price, gross, fees] of cases) {
    test(what, () => expect(endOf(plan, minutes)).toEqual([how, minute, price, gross, fees, "0"]));
  }

  test("what comes after the end changes nothing, and the minute of the signal is not looked at", () => {
    const crash: Prices = [50_000, 50_000, 40_000, 40_000];
    const bars = barsOf(crash, CALM, [60_010, 60_200, 59_950, 60_100], crash);
    const ended = imagine(LONG, { from: 30_000, to: 4 * M, bars, funding: [] });
    expect([ended.how, ended.at]).toEqual(["take_profit", 3 * M]);
  });
});

describe("funding", () => {
  const rates: FundingTime[] = [
    { ts: 0, rate: "0.01", mark: "60000" },
    { ts: M, rate: "0.0001", mark: "60100" },
    { ts: 2 * M, rate: "-0.0002" },
    { ts: 9 * M, rate: "0.01", mark: "60000" },
  ];
  test("falls due while it is held, on the notional at mark, else at the last close", () => {
    // Long: −0.01 · 60 100 · 0.0001 = −0.0601 and +0.01 · 60 010 · 0.0002 = 0.12002
    expect(endOf(LONG, [CALM, CALM, CALM], rates).at(-1)).toBe("0.05992");
    expect(endOf(SHORT, [CALM, CALM, CALM], rates).at(-1)).toBe("-0.05992");
  });
  test("not after it has ended", () => {
    expect(
      endOf(LONG, [CALM, [60_010, 60_050, 59_900, 59_950], CALM, CALM, CALM, CALM, CALM, CALM, CALM], rates),
    ).toEqual(["stop", 2, "59900", "-1", "0.5995", "-0.0601"]);
  });
});

test("whatever the path, money adds up as decimal.js has it, no loss is beyond the worst price seen, no gain beyond the target", () => {
  const Exact = Big.clone({ precision: 100 });
  const price = fc.integer({ min: 59_000, max: 61_000 });
  const minute = fc.tuple(price, price, price, price).map(([a, b, c, d]): Prices => {
    return [a, Math.max(a, b, c, d), Math.min(a, b, c, d), d];
  });
  fc.assert(
    fc.property(fc.array(minute, { minLength: 1, maxLength: 30 }), fc.boolean(), (minutes, isLong) => {
      const plan = isLong ? LONG : SHORT;
      const bars = barsOf(...minutes);
      const ended = imagine(plan, { from: 0, to: bars.length * M, bars, funding: [] });
      const sign = isLong ? 1 : -1;
      const exit = new Exact(show(ended.price));
      expect(show(ended.gross)).toBe(exit.minus(60_000).times("0.01").times(sign).toFixed());
      expect(show(ended.fees)).toBe(exit.plus(60_000).times("0.01").times("0.0005").toFixed());
      const seen = minutes.slice(0, ended.at / M);
      const worst = isLong ? Math.min(...seen.map(([, , low]) => low)) : Math.max(...seen.map(([, high]) => high));
      if (ended.how === "take_profit") expect(show(ended.price)).toBe(show(plan.target));
      else expect(exit.minus(worst).times(sign).gte(0)).toBe(true);
    }),
    { seed: 11, numRuns: 300 },
  );
});

import { describe, expect, test } from "bun:test";
import { SensitivityAnalysis } from "../domain/simulation.ts";
import { viewWith } from "../trading/decision/decision.fixture.ts";
import { createComparison } from "./comparison.ts";
import { LISTINGS, seen } from "./seen.fixture.ts";
import type { SeenSignal } from "./weigher.ts";

const analysed = (change: object, signals: SeenSignal[], asked: object) => {
  const view = viewWith(change);
  const sensitivity = { epsilon: 0.05, topk: 5, n_eval: 1_000, ...asked };
  const comparison = createComparison({
    ...{ active: view, candidate: view, listings: LISTINGS, horizons: [], sensitivity },
  });
  comparison.take(signals);
  return comparison.result().sensitivity_analysis!;
};
const hundredAndOne = (valuesOf: (at: number) => Record<string, number | null>) =>
  Array.from({ length: 101 }, (_, at) => seen({ at, values: valuesOf(at) }));

describe("how close to its edges a revision decides", () => {
  test("is counted by moving each factor by a share of its spread", () => {
    // From 0 to 1 in hundredths: 5 % to 95 % is 0.9, and 5 % of that is 0.045. A long wants more than 0.5.
    const found = analysed(
      {},
      hundredAndOne((at) => ({ obi_5: at / 100 })),
      { epsilon: 0.05 },
    );
    // 0.46 to 0.50 would be opened by a move up, 0.51 to 0.54 would not by one down.
    expect(found).toMatchObject({
      // 50 are opened as they are, and 5 by a move.
      ...{ opened: 55, epsilon: 0.05, evaluated: 101, flip_share: 9 / 101, robustness: 92 / 101, lipschitz_median: 0 },
      factors: [{ factor: "obi_5", flips: 9 / 101, lipschitz: 0 }],
    });
    expect(SensitivityAnalysis.parse(found)).toEqual(found);
  });

  test("names the factors with the most influence first, and no more than asked", () => {
    const rules = [
      { rule_id: "much", when: { f: "trade_imb_10s", op: ">", v: 0 }, effect: { skip_entry: true } },
      { rule_id: "little", when: { f: "ret_10s", op: ">", v: 0.9 }, effect: { size_mult: 1.1 } },
    ];
    const values = (at: number) => ({ obi_5: 0.9, trade_imb_10s: (at % 21) / 10 - 1, ret_10s: at / 100 });
    const named = (topk: number) =>
      analysed({ rules }, hundredAndOne(values), { topk, epsilon: 0.2 }).factors.map(({ factor }) => factor);
    expect(named(5)).toEqual(["trade_imb_10s", "ret_10s"]);
    expect(named(1)).toEqual(["trade_imb_10s"]);
  });

  test("tells first what turns most by so little, though half a spread of another would turn more", () => {
    // Nearly all lie just above the edge of the one; of the other all lie a quarter of its spread away.
    const rules = [
      { rule_id: "far", when: { f: "trade_imb_10s", op: ">", v: 0.45 }, effect: { skip_entry: true } },
      { rule_id: "near", when: { f: "ret_10s", op: ">", v: 0.5 }, effect: { skip_entry: true } },
    ];
    const values = (at: number) => ({
      ...{ obi_5: 0.9, trade_imb_10s: at % 10 === 0 ? -0.6 : 0.4 },
      ret_10s: at % 10 === 1 ? -0.5 : at % 4 === 0 ? 0.49 : 0,
    });
    const { factors } = analysed({ rules }, hundredAndOne(values), { epsilon: 0.05 });
    expect(factors.map(({ factor }) => factor)).toEqual(["ret_10s", "trade_imb_10s"]);
    expect(factors[0]!.flips).toBeGreaterThan(factors[1]!.flips);
  });

  test("moves several together as well: what no single one flips may flip then", () => {
    // Opened only where a or b is high: near the edge of both, each alone leaves the other to hold it.
    const long = {
      anyOf: [
        { f: "obi_5", op: ">", v: 0.5 },
        { f: "ret_10s", op: ">", v: 0.5 },
      ],
    };
    const strategies = [{ ...viewWith().bundle.strategies[0], long, short: undefined }];
    const values = (at: number) => (at < 91 ? { obi_5: 0.51, ret_10s: 0.51 } : { obi_5: 0.1, ret_10s: 0.1 });
    const found = analysed({ strategies }, hundredAndOne(values), { epsilon: 0.2 });
    expect(found.factors.map(({ flips }) => flips)).toEqual([0, 0]);
    expect(found.flip_share).toBeGreaterThan(0);
    expect(found.robustness).toBe(1 - found.flip_share);
  });

  test("tells how steeply the size changes where it is opened before and after", () => {
    // Each step of the ladder makes it larger by a tenth: of 0.2 · 1.8 any move crosses one.
    const rules = [-0.9, -0.6, -0.3, 0, 0.3, 0.6, 0.9].map((v, i) => ({
      ...{ rule_id: `step-${i}`, when: { f: "ret_10s", op: ">", v }, effect: { size_mult: 1.02 } },
    }));
    const found = analysed(
      { rules },
      hundredAndOne((at) => ({ obi_5: 0.9, ret_10s: at / 50 - 1 })),
      { epsilon: 0.2 },
    );
    expect(found).toMatchObject({ flip_share: 0, robustness: 1 });
    expect(found.lipschitz_median!).toBeGreaterThan(0.02 / 0.2);
    expect(found.lipschitz_median!).toBeLessThan(0.05 / 0.2);
    expect(found.factors[0]!.lipschitz).toBe(found.lipschitz_median);
  });

  test("never moves a whole number, what is missing, or what is always the same", () => {
    const when = {
      allOf: [
        { f: "regime", op: "==", v: 0 },
        { f: "ret_10s", op: ">", v: 0 },
        { f: "mid", op: ">", v: 1 },
      ],
    };
    const rules = [{ rule_id: "calm", when, effect: { skip_entry: true } }];
    const signals = hundredAndOne((at) => ({ obi_5: 0.9, regime: at % 2, ret_10s: null }));
    const found = analysed({ rules }, signals, {});
    expect(found).toMatchObject({ factors: [], flip_share: 0, robustness: 1 });
  });
});

describe("how far a factor is moved", () => {
  test("moves prices by how far they are from each other, not by how far they wander together", () => {
    // Both wander over a thousand; what the one is above the other goes from −1 to 1 in fiftieths.
    const long = { f: "mid", op: ">", vf: "microprice" };
    const strategies = [{ ...viewWith().bundle.strategies[0], long, short: undefined }];
    const values = (at: number) => ({ microprice: 60_000 + ((at * 37) % 1_000) });
    const signals = hundredAndOne((at) => ({ ...values(at), mid: values(at).microprice + at / 50 - 1 + 0.005 }));
    // 1.8 from the 5th to the 95th percentile, of which 5 % is 0.09: four below the edge and five above are as near.
    const found = analysed({ strategies }, signals, { epsilon: 0.05 });
    expect(found.factors.map(({ factor, flips }) => [factor, flips])).toEqual([
      ["microprice", 9 / 101],
      ["mid", 9 / 101],
    ]);
    // Together they may move twice as far from each other.
    expect(found.flip_share).toBeGreaterThanOrEqual(9 / 101);
    expect(found.flip_share).toBeLessThanOrEqual(18 / 101);
  });

  test("moves each instrument's factors by their own spread", () => {
    // The one lies a thousand times as high as the other; on each a long wants more than the middle.
    const long = {
      anyOf: [
        { f: "ret_10s", op: ">", v: 500 },
        { f: "obi_5", op: ">", v: 0.5 },
      ],
    };
    const strategies = [{ ...viewWith().bundle.strategies[0], long, short: undefined }];
    const high = hundredAndOne((at) => ({ ret_10s: at * 10 + 0.5, obi_5: 0 }));
    const low = hundredAndOne((at) => ({ ret_10s: at / 100 + 0.0005, obi_5: 0 })).map((each) => {
      const instrument = "SPOT:BTCUSDT";
      const features = { ...each.signal.features, instrument };
      return { ...each, signal: { ...each.signal, instrument, features } };
    });
    const alone = analysed({ strategies }, high, { epsilon: 0.05 });
    // 5 % of 900 is 45: what lies as near to 500 as that.
    expect(alone.factors.map(({ factor, flips }) => [factor, flips])).toEqual([["ret_10s", 9 / 101]]);
    const both = analysed({ strategies }, [...high, ...low], { epsilon: 0.05 });
    expect(both.factors.map(({ factor, flips }) => [factor, flips])).toEqual([["ret_10s", 9 / 202]]);
  });
});

describe("which signals are moved", () => {
  test("looks at as many signals as asked, the same ones each time", () => {
    const signals = Array.from({ length: 500 }, (_, at) => seen({ at, values: { obi_5: (at % 101) / 100 } }));
    const first = analysed({}, signals, { n_eval: 50 });
    expect(first.evaluated).toBe(50);
    expect(analysed({}, signals, { n_eval: 50 })).toEqual(first);
    expect(first.flip_share).toBeGreaterThan(0);
  });

  test("of no signal says nothing", () => {
    expect(analysed({}, [], {})).toMatchObject({ evaluated: 0, factors: [], flip_share: 0, lipschitz_median: null });
  });
});

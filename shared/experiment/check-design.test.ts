/** Designs that cannot be run are refused by field, before anything is read or run. */
import { describe, expect, test } from "bun:test";
import { checkDesign } from "./check-design.ts";
import { bundle, DAY, designOf, START } from "./runs.fixture.ts";

const fieldsOf = (change: object): string[] => {
  try {
    checkDesign(designOf(change));
    return [];
  } catch (error) {
    return (error as { errors: { field: string }[] }).errors.map(({ field }) => field);
  }
};
const [strategy] = bundle.strategies;
const params = [{ path: "strategies.rsi-dip.position.break_even_roe", min: 0.01, max: 0.05 }];

describe("a design", () => {
  test("trades what its enabled strategies trade and the bundle has enabled", () => {
    const both = { ...strategy, instruments: ["FUT:BTCUSDT", "FUT:ETHUSDT", "SPOT:BTCUSDT"] };
    const instruments = [
      { instrument: "FUT:BTCUSDT" },
      { instrument: "FUT:ETHUSDT", enabled: false },
      { instrument: "SPOT:BTCUSDT" },
    ];
    const design = designOf({ bundle: { ...bundle, strategies: [both], instruments } });
    expect(checkDesign(design).instruments).toEqual(["FUT:BTCUSDT", "SPOT:BTCUSDT"]);
    expect(checkDesign({ ...design, data: { ...design.data, instruments: ["SPOT:BTCUSDT"] } }).instruments).toEqual([
      "SPOT:BTCUSDT",
    ]);
  });

  test("searches windows by grid where it fits, else at random, or as it says", () => {
    const kind = (change: object) => checkDesign(designOf({ method: "WALK_FORWARD", ...change })).kind;
    const stepped = [{ ...params[0], step: 0.01 }];
    expect(kind({})).toBeUndefined();
    expect(kind({ params })).toBe("random");
    expect(kind({ params: stepped })).toBe("grid");
    expect(kind({ params: stepped, search: { trials_max: 4 } })).toBe("random");
    expect(kind({ params, search: { kind: "genetic" } })).toBe("genetic");
  });

  test.each([
    ["a window of no time", { window: { from: START, to: START } }, "window.to"],
    ["a window of a hundred years", { window: { from: START, to: START + 36_500 * DAY } }, "window.to"],
    ["a window before time", { window: { from: -1, to: START } }, "window.from"],
    [
      "more bars than memory holds",
      { window: { from: START, to: START + 300 * DAY }, data: { timeframe: "1s" } },
      "data.timeframe",
    ],
    ["params of a plain backtest", { params }, "params"],
    ["a search of nothing", { method: "GENETIC" }, "params"],
    ["a grid of a range without steps", { method: "GRID", params }, "params.0.step"],
    ["an unknown factor", { bundle: { ...bundle, factors: ["magic"] } }, "bundle.factors.0"],
    [
      "a million trials",
      { method: "WALK_FORWARD", params, search: { trials_max: 10_000 }, folds: { count: 100 } },
      "search.trials_max",
    ],
    ["nothing enabled", { bundle: { ...bundle, strategies: [{ ...strategy, enabled: false }] } }, "bundle.strategies"],
    [
      "no instrument left",
      { bundle: { ...bundle, instruments: [{ instrument: "FUT:ETHUSDT" }] } },
      "bundle.instruments",
    ],
    ["an instrument that it lacks", { data: { instruments: ["FUT:ETHUSDT"] } }, "data.instruments.0"],
  ])("with %s is refused", (_what, change, field) => {
    expect(fieldsOf(change)).toEqual([field]);
  });
});
